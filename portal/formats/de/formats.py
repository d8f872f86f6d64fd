DATETIME_FORMAT = r"j. F Y, H:i \U\h\r"
# The first is how Django writes them; the others are how people do.
TIME_INPUT_FORMATS = ["%H:%M:%S", "%H:%M", "%H.%M", "%H"]
