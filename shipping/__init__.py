"""How the program is shipped other than by pip: as a managed plugin, and as a container. Nothing here runs in it."""
