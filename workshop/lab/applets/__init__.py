"""Small stand-ins for programs that a machine may lack: ip, ping, wget, httpd, nc. Scripts of the standard
library only.

The machine's own programs come first; these are behind them.
"""
