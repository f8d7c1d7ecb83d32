"""With a print and a class around it."""


class Plugin:
    name = "NetworkDriver"

    def activate(self, request, host):
        print(f"{host.name} asks")
        return {"Implements": [self.name]}


activate = Plugin().activate
