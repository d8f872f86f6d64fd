DATETIME_FORMAT = "j E Y г., H:i"
