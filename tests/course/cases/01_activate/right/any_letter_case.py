"""Docker reads keys in any letter case, and passes over those that it does not know."""


def activate(request, host):
    return dict(implements=["NetworkDriver"], Description="mine", Err=None)
