"""The directory as an accessible PDF: what stands in it (booklet), how it looks (booklet.typ), the program that sets it
(typesetter), and the ones that are kept (shelf)."""
