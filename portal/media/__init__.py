"""The picture library: a picture has words, a credit and one address for good, and is public where something public shows it.

How an upload is drawn anew: portal/pictures.py.
"""
