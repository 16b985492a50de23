package etcd_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"net"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	clientv3 "go.etcd.io/etcd/client/v3"

	"github.com/wireframework/wireframework/layers/etcd"
	"github.com/wireframework/wireframework/layers/etcd/etcdtest"
	"github.com/wireframework/wireframework/layers/leader"
	"github.com/wireframework/wireframework/resource"
	"github.com/wireframework/wireframework/service"
	"github.com/wireframework/wireframework/service/servicetest"
	"github.com/wireframework/wireframework/task"
	"github.com/wireframework/wireframework/wiring"
	"github.com/wireframework/wireframework/wiring/layertest"
)

func TestLayer(t *testing.T) {
	t.Parallel()
	server := etcdtest.Start(t)
	var e leader.Elector
	layertest.Run(t, etcd.New(etcd.Options{Endpoints: []string{server.Endpoint()}}),
		servicetest.Populate(new(*clientv3.Client)), servicetest.Populate(&e))
}

func TestTheClientIsClosedWithTheNode(t *testing.T) {
	t.Parallel()
	server := etcdtest.Start(t)
	var client *clientv3.Client
	node := servicetest.Start(t, service.NewBuilder().AddLayer(etcd.New(etcd.Options{Endpoints: []string{server.Endpoint()}})),
		servicetest.Populate(&client))
	_, err := client.Put(t.Context(), "/key", "value")
	require.NoError(t, err)

	require.NoError(t, node.Stop())

	assert.Error(t, client.Ctx().Err())
}

// sealer is a node with one task under election, and what the task sees.
type sealer struct {
	*servicetest.Node
	token *resource.Watch[int64] // zero while it does not lead
	log   *bytes.Buffer          // to be read after the end
}

func startSealer(t *testing.T, endpoint string, ttl time.Duration) *sealer {
	t.Helper()
	s := &sealer{token: resource.NewWatch[int64](0), log: new(bytes.Buffer)}
	b := service.NewBuilder(service.Logger(slog.New(slog.NewTextHandler(s.log, nil)))).AddLayer(
		etcd.New(etcd.Options{Endpoints: []string{endpoint}, TTL: ttl}),
		wiring.NewLayer("sealing", func(r *wiring.Registry) error {
			r.ProvideTask(func(e leader.Elector) task.Task {
				return leader.Only(e, task.New("sealer", task.Regular, s.seal))
			})
			return nil
		}))
	s.Node = servicetest.Start(t, b)
	return s
}

func (s *sealer) seal(ctx context.Context) error {
	token, _ := leader.Token(ctx)
	s.token.Set(token)
	defer s.token.Set(0)
	<-ctx.Done()
	return nil
}

// await waits until the task leads, or until it does not, and returns its token.
func (s *sealer) await(t *testing.T, leading bool) int64 {
	t.Helper()
	timeout := time.After(patience)
	for {
		token, changed := s.token.Get()
		if (token != 0) == leading {
			return token
		}
		select {
		case <-changed:
		case <-timeout:
			require.Fail(t, "nothing changes", "leading: %v", !leading)
		}
	}
}

func TestNodesTakeOverFromEachOther(t *testing.T) {
	t.Parallel()
	server := etcdtest.Start(t)
	first := startSealer(t, server.Endpoint(), time.Hour) // nobody waits for its end
	token := first.await(t, true)
	second := startSealer(t, server.Endpoint(), time.Hour)

	require.NoError(t, first.Stop())
	next := second.await(t, true)

	assert.Greater(t, next, token)
	require.NoError(t, second.Stop())
	assert.NotContains(t, first.log.String()+second.log.String(), "level=WARN")
}

func TestANodeThatIsCutOffLeadsAgainLater(t *testing.T) {
	t.Parallel()
	server := etcdtest.Start(t)
	node := startSealer(t, server.Endpoint(), ttl)
	token := node.await(t, true)

	thaw := server.Freeze(t)
	node.await(t, false)
	thaw()
	next := node.await(t, true)

	assert.Greater(t, next, token)
	require.NoError(t, node.Stop())
	assert.Contains(t, node.log.String(), `level=WARN msg="election term ends" task=sealer layer=sealing key=/leader/`)
	assert.Contains(t, node.log.String(), `cause="lease not renewed in time"`)
	assert.Contains(t, node.log.String(), `level=WARN msg="leadership lost" task=sealer layer=sealing`)
}

func TestANodeThatIsCutOffStops(t *testing.T) {
	t.Parallel()
	server := etcdtest.Start(t)
	node := startSealer(t, server.Endpoint(), ttl)
	node.await(t, true)
	server.Freeze(t)

	require.NoError(t, node.Stop())

	assert.Contains(t, node.log.String(), "resignation failed, the term ends when it expires")
}

func TestAClusterThatDoesNotAnswerIsAnErrorOfTheConstructor(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0") // accepts, and is silent
	require.NoError(t, err)
	defer l.Close()
	endpoint := "http://" + l.Addr().String()
	run := func(ctx context.Context, o etcd.Options) error {
		s, err := service.NewBuilder(service.Logger(slog.New(slog.DiscardHandler))).AddLayer(etcd.New(o),
			wiring.NewLayer("sealing", func(r *wiring.Registry) error {
				r.ProvideTask(func(e leader.Elector) task.Task {
					return leader.Only(e, task.New("sealer", task.Regular, func(context.Context) error { return nil }))
				})
				return nil
			})).Build()
		require.NoError(t, err)
		return s.Run(ctx)
	}

	for _, password := range []string{"", "secret"} {
		o := etcd.Options{Endpoints: []string{endpoint}, DialTimeout: 300 * time.Millisecond, Password: password}
		if password != "" {
			o.Username = "root"
		}
		err = run(t.Context(), o)
		require.Error(t, err)
		assert.ErrorIs(t, err, context.DeadlineExceeded)
		assert.Contains(t, err.Error(), fmt.Sprintf("etcd at %s: ", endpoint))
		assert.Contains(t, err.Error(), "(no answer within DialTimeout 300ms)")
		assert.NotContains(t, err.Error(), "secret")

		o.DialTimeout = time.Hour
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(300*time.Millisecond, cancel)
		assert.NotErrorIs(t, run(ctx, o), service.ErrStopTimeout, "a stop while wiring interrupts the constructor")
	}
}

func TestAClusterThatIsDownIsAnErrorWithTheReason(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	address := l.Addr().String()
	require.NoError(t, l.Close())

	err = wire(t, etcd.Options{Endpoints: []string{"http://" + address}, DialTimeout: 300 * time.Millisecond})

	require.ErrorIs(t, err, context.DeadlineExceeded)
	assert.Contains(t, err.Error(), "etcd at http://"+address+": context deadline exceeded: ")
	assert.Contains(t, err.Error(), "dial tcp "+address+": connect: connection refused")
	assert.Contains(t, err.Error(), "(no answer within DialTimeout 300ms)")
}

func TestFilesOfTLSThatAreMissingAreAnErrorOfTheConstructor(t *testing.T) {
	t.Parallel()
	s, err := service.NewBuilder(service.Logger(slog.New(slog.DiscardHandler))).AddLayer(
		etcd.New(etcd.Options{Endpoints: []string{"https://127.0.0.1:1"}, CA: "/nowhere/ca.pem"}),
		wiring.NewLayer("use", func(r *wiring.Registry) error {
			r.ProvideTask(func(*clientv3.Client) task.Task {
				return task.New("use", task.Oneshot, func(context.Context) error { return nil })
			})
			return nil
		})).Build()
	require.NoError(t, err)

	err = s.Run(t.Context())

	require.Error(t, err)
	assert.Contains(t, err.Error(), `TLS with CA "/nowhere/ca.pem", Cert "" and Key "": open /nowhere/ca.pem`)
}

func TestBadOptionsAreAnErrorOfBuild(t *testing.T) {
	t.Parallel()
	good := []string{"http://127.0.0.1:2379", "127.0.0.1:2379", "https://etcd.example:2379/", "[::1]:2379"}
	tests := []struct {
		name    string
		options etcd.Options
		want    []string // none: no error
	}{
		{name: "none", options: etcd.Options{Endpoints: good}},
		{
			name: "no endpoint",
			want: []string{`Endpoints is empty (give at least one address, such as "http://127.0.0.1:2379")`},
		},
		{
			name:    "endpoints that are none",
			options: etcd.Options{Endpoints: []string{"127.0.0.1", "ftp://127.0.0.1:1", "http://127.0.0.1:2379/path", "http://host:99999", ":2379", "http://%zz"}},
			want: []string{
				`Endpoints has "127.0.0.1", which is no address (give one such as "http://127.0.0.1:2379" or "127.0.0.1:2379")`,
				`Endpoints has "ftp://127.0.0.1:1", which is no address`,
				`Endpoints has "http://127.0.0.1:2379/path", which is no address`,
				`Endpoints has "http://host:99999", which is no address`,
				`Endpoints has ":2379", which is no address`,
				`Endpoints has "http://%zz", which is no address`,
			},
		},
		{
			name:    "the rest",
			options: etcd.Options{Endpoints: good, Prefix: "/", TTL: time.Millisecond, DialTimeout: -1, Password: "secret", Key: "key.pem"},
			want: []string{
				`Prefix "/" names no election (give a key such as "/leader")`,
				`TTL 1ms is too short (give a second or more, or 0 for 10s)`,
				`DialTimeout -1ns is negative (give a duration, or 0 for 5s)`,
				`one of Username and Password is empty (give both or none)`,
				`one of Cert "" and Key "key.pem" is empty (give both or none)`,
			},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			layer := etcd.New(tt.options)
			_, err := service.NewBuilder().AddLayer(layer, wiring.NewLayer("use", func(r *wiring.Registry) error {
				r.ProvideTask(func(leader.Elector) task.Task { return nil })
				return nil
			})).Build()
			if len(tt.want) == 0 {
				require.NoError(t, err)
				return
			}
			require.Error(t, err)
			for _, want := range tt.want {
				assert.Contains(t, err.Error(), want)
			}
			assert.NotContains(t, err.Error(), "secret")
		})
	}
}
