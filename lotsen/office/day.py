"""What is to be done every day."""


def work() -> None:
    pass
