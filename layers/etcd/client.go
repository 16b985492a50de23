package etcd

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"strings"
	"time"

	"go.etcd.io/etcd/api/v3/etcdserverpb"
	"go.etcd.io/etcd/api/v3/v3rpc/rpctypes"
	"go.etcd.io/etcd/client/pkg/v3/transport"
	clientv3 "go.etcd.io/etcd/client/v3"
	"go.uber.org/zap"

	"github.com/wireframework/wireframework/wiring"
)

const (
	// A connection that is dead without being closed is noticed by pings, so that the
	// client turns to another member. Servers refuse pings that come more often than
	// every five seconds.
	pingEvery   = 10 * time.Second
	pingTimeout = 5 * time.Second

	// A connection that is up or down says so at once.
	askTimeout = 500 * time.Millisecond
)

// connect makes a client, and makes sure that the cluster answers.
func (l layer) connect(ctx context.Context, hooks *wiring.ShutdownHooks) (*clientv3.Client, error) {
	secure, err := l.options.tls()
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, l.options.DialTimeout)
	defer cancel()
	client, err := l.newClient(ctx, secure)
	if err != nil {
		return nil, l.unreachable(ctx, err)
	}
	hooks.Add("close-etcd", func(context.Context) error { return client.Close() })
	// A read of what the election may read in any case.
	_, err = client.Get(ctx, l.options.Prefix+"/", clientv3.WithPrefix(), clientv3.WithCountOnly())
	if errors.Is(err, context.DeadlineExceeded) {
		err = withReason(client, err)
	}
	if err != nil {
		return nil, l.unreachable(ctx, err)
	}
	return client, nil
}

// withReason adds why the client has waited, which only the connection below it tells.
func withReason(client *clientv3.Client, err error) error {
	ctx, cancel := context.WithTimeout(context.Background(), askTimeout)
	defer cancel()
	_, reason := etcdserverpb.NewKVClient(client.ActiveConnection()).Range(ctx, &etcdserverpb.RangeRequest{Key: []byte("/")})
	if reason == nil || ctx.Err() != nil { // it is silent
		return err
	}
	return fmt.Errorf("%w: %s", err, rpctypes.ErrorDesc(reason))
}

// newClient logs in if there is a password, which ends with ctx.
func (l layer) newClient(ctx context.Context, secure *tls.Config) (*clientv3.Client, error) {
	life, end := context.WithCancel(context.Background()) // as long as that of the client
	defer context.AfterFunc(ctx, end)()
	client, err := clientv3.New(clientv3.Config{
		Context:              life,
		Endpoints:            l.options.Endpoints,
		Username:             l.options.Username,
		Password:             l.options.Password,
		TLS:                  secure,
		DialTimeout:          l.options.DialTimeout,
		DialKeepAliveTime:    pingEvery,
		DialKeepAliveTimeout: pingTimeout,
		Logger:               zap.NewNop(), // what matters comes back as errors
	})
	if err != nil {
		end()
		return nil, err
	}
	return client, nil
}

func (l layer) unreachable(ctx context.Context, err error) error {
	if cause := context.Cause(ctx); cause != nil && !errors.Is(err, cause) {
		err = fmt.Errorf("%w (%w)", err, cause)
	}
	if errors.Is(err, context.DeadlineExceeded) {
		err = fmt.Errorf("%w (no answer within DialTimeout %v)", err, l.options.DialTimeout)
	}
	return fmt.Errorf("etcd at %s: %w", strings.Join(l.options.Endpoints, ", "), err)
}

// tls returns the configuration that the files describe, nil without files.
func (o Options) tls() (*tls.Config, error) {
	if o.CA == "" && o.Cert == "" {
		return nil, nil
	}
	info := transport.TLSInfo{TrustedCAFile: o.CA, CertFile: o.Cert, KeyFile: o.Key, Logger: zap.NewNop()}
	config, err := info.ClientConfig()
	if err != nil {
		return nil, fmt.Errorf("TLS with CA %q, Cert %q and Key %q: %w", o.CA, o.Cert, o.Key, err)
	}
	return config, nil
}
