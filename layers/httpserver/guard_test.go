package httpserver_test

import (
	"context"
	"net"
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/wireframework/wireframework/layers/httpserver"
	"github.com/wireframework/wireframework/service/servicetest"
)

// guarded starts a server with a private route and one for all.
func guarded(t *testing.T, o httpserver.Options) *httpserver.Server {
	t.Helper()
	var s *httpserver.Server
	private := route("/private", say("secret"))
	private.Private = true
	servicetest.Start(t, node(t.Output(), httpserver.New("api", o), routes(private, route("/public", say("news")))),
		servicetest.Populate(&s, "api"))
	return s
}

// local is a request over loopback, also to a server that listens everywhere.
func local(t *testing.T, s *httpserver.Server, path, host, authorization string) *http.Request {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+s.Addr().String()+path, http.NoBody)
	require.NoError(t, err)
	if host != "" {
		r.Host = host
	}
	if authorization != "" {
		r.Header.Set("Authorization", authorization)
	}
	return r
}

func TestPrivateRoutesAreForKnownHosts(t *testing.T) {
	options := free
	options.Hosts = []string{"Node-1.example"}
	s := guarded(t, options)
	tests := []struct {
		host   string
		status int
	}{
		{"", 200}, // the address itself
		{"127.0.0.1", 200},
		{"10.1.2.3:80", 200},
		{"[::1]:8086", 200},
		{"[::1]", 200},
		{"[fe80::1]:80", 200},
		{"localhost", 200},
		{"LOCALHOST:80", 200},
		{"localhost.:80", 200},
		{"node-1.example", 200},
		{"node-1.EXAMPLE.:1234", 200},
		{"node-2.example", 421},
		{"evil.example:8086", 421},
		{"localhost.evil.example", 421},
		{"127.0.0.1.evil.example:80", 421},
		{"2130706433", 421},
		{"0x7f.1", 421},
	}
	for _, tt := range tests {
		t.Run(tt.host, func(t *testing.T) {
			private, body := request(t, local(t, s, "/private", tt.host, ""))
			public, _ := request(t, local(t, s, "/public", tt.host, ""))

			assert.Equal(t, tt.status, private, body)
			assert.Equal(t, 200, public)
			if private != 200 {
				assert.Equal(t, `{"error":"this host name is not one of the server (it answers to IP addresses, localhost and configured hosts)"}`+"\n", body)
			}
		})
	}
	t.Run("no host at all", func(t *testing.T) {
		client := dial(t, s)
		client.send(t, "GET /private HTTP/1.0\r\n\r\n")
		status, _ := client.answer(t)
		assert.Equal(t, 421, status)
	})
	t.Run("two hosts", func(t *testing.T) {
		client := dial(t, s)
		client.send(t, "GET /private HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\n\r\n")
		status, _ := client.answer(t)
		assert.Equal(t, 400, status)
	})
	t.Run("a host in the request line", func(t *testing.T) {
		client := dial(t, s)
		client.send(t, "GET http://evil.example/private HTTP/1.1\r\nHost: localhost\r\n\r\n")
		status, _ := client.answer(t)
		assert.Equal(t, 421, status)
	})
}

func TestPrivateRoutesDemandTheToken(t *testing.T) {
	const token = "s3cr3t"
	for _, listen := range []string{":0", "0.0.0.0:0", "127.0.0.1:0"} {
		s := guarded(t, httpserver.Options{Listen: listen, Token: token})
		tests := []struct {
			name, authorization string
			status              int
		}{
			{"the token", "Bearer s3cr3t", 200},
			{"the token, with the scheme in lower case", "bearer s3cr3t", 200},
			{"nothing", "", 401},
			{"another token", "Bearer s3cr3T", 401},
			{"a prefix", "Bearer s3cr3", 401},
			{"more", "Bearer s3cr3tt", 401},
			{"an empty token", "Bearer ", 401},
			{"the token alone", "s3cr3t", 401},
			{"another scheme", "Basic s3cr3t", 401},
		}
		for _, tt := range tests {
			t.Run(listen+" with "+tt.name, func(t *testing.T) {
				resp := do(t, local(t, s, "/private", "", tt.authorization))
				public, _ := request(t, local(t, s, "/public", "", tt.authorization))

				assert.Equal(t, tt.status, resp.StatusCode)
				assert.Equal(t, 200, public)
				if tt.status == 401 {
					assert.Equal(t, `Bearer realm="api"`, resp.Header.Get("WWW-Authenticate"))
				}
			})
		}
		t.Run(listen+" with the token of a foreign host", func(t *testing.T) {
			status, _ := request(t, local(t, s, "/private", "evil.example", "Bearer s3cr3t"))
			assert.Equal(t, 421, status)
		})
	}
}

// A listener of an unknown kind might be anything.
func TestAnUnknownListenerCountsAsOpen(t *testing.T) {
	text := wiringError(t, httpserver.New("api", httpserver.Options{
		Listener: func(context.Context) (net.Listener, error) { return &strange{newMemory()}, nil },
	}), routes(httpserver.Route{Server: "api", Pattern: "/", Handler: say(""), Private: true}))

	assert.Contains(t, text, "the server listens on somewhere, which others can reach")
}

type strange struct{ *memory }

func (*strange) Addr() net.Addr { return somewhere{} }

type somewhere struct{}

func (somewhere) Network() string { return "strange" }
func (somewhere) String() string  { return "somewhere" }
