package health

import (
	"net"
	"net/http"
	"net/netip"
	"strings"
)

// shows reports whether the client may see error texts.
func (o Options) shows(r *http.Request) bool {
	switch o.Details {
	case "always":
		return true
	case "never":
		return false
	default:
		return isLocal(r)
	}
}

// isLocal reports whether the request comes from this machine. A proxy does too, so
// what it forwards does not count; nor does what a web page makes a browser ask for,
// whose name of the host is that of the page.
func isLocal(r *http.Request) bool {
	for _, header := range []string{"Forwarded", "X-Forwarded-For", "Via"} {
		if r.Header.Get(header) != "" {
			return false
		}
	}
	return isLoopback(r.RemoteAddr) && isLoopback(r.Host)
}

// isLoopback reports whether a host, with or without a port, is this machine.
func isLoopback(hostport string) bool {
	host, _, err := net.SplitHostPort(hostport)
	if err != nil {
		host = strings.Trim(hostport, "[]")
	}
	if strings.EqualFold(host, "localhost") {
		return true
	}
	addr, err := netip.ParseAddr(host)
	return err == nil && addr.Unmap().IsLoopback()
}
