package etcd_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"io"
	"log/slog"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	clientv3 "go.etcd.io/etcd/client/v3"

	"github.com/wireframework/wireframework/layers/etcd"
	"github.com/wireframework/wireframework/layers/etcd/etcdtest"
	"github.com/wireframework/wireframework/layers/leader"
	"github.com/wireframework/wireframework/service"
	"github.com/wireframework/wireframework/service/servicetest"
)

// A user needs nothing but the keys of the election.
func TestAnElectionWithAPassword(t *testing.T) {
	t.Parallel()
	server := etcdtest.Start(t)
	admin := server.Client(t)
	ctx := t.Context()
	for _, set := range []func() error{
		func() error { _, err := admin.UserAdd(ctx, "root", "top"); return err },
		func() error { _, err := admin.RoleAdd(ctx, "root"); return err },
		func() error { _, err := admin.UserGrantRole(ctx, "root", "root"); return err },
		func() error { _, err := admin.UserAdd(ctx, "node", "secret"); return err },
		func() error { _, err := admin.RoleAdd(ctx, "candidate"); return err },
		func() error {
			_, err := admin.RoleGrantPermission(ctx, "candidate", "/leader/", clientv3.GetPrefixRangeEnd("/leader/"),
				clientv3.PermissionType(clientv3.PermReadWrite))
			return err
		},
		func() error { _, err := admin.UserGrantRole(ctx, "node", "candidate"); return err },
		func() error { _, err := admin.AuthEnable(ctx); return err },
	} {
		require.NoError(t, set())
	}
	o := etcd.Options{Endpoints: []string{server.Endpoint()}, Username: "node", Password: "secret"}
	tryElection(t, o)

	o.Password = "wrong"
	err := wire(t, o)
	require.Error(t, err)
	assert.Contains(t, err.Error(), "authentication failed")
	assert.NotContains(t, err.Error(), "wrong")
}

func TestAnElectionWithCertificates(t *testing.T) {
	t.Parallel()
	server := etcdtest.Start(t)
	dir := t.TempDir()
	pair := certificate(t, dir)
	endpoint := proxyTLS(t, strings.TrimPrefix(server.Endpoint(), "http://"), pair)
	o := etcd.Options{
		Endpoints: []string{endpoint},
		CA:        filepath.Join(dir, "cert.pem"),
		Cert:      filepath.Join(dir, "cert.pem"),
		Key:       filepath.Join(dir, "key.pem"),
	}
	tryElection(t, o)

	o.CA, o.DialTimeout = "", 2*time.Second // the system does not trust the server
	err := wire(t, o)
	require.Error(t, err)
	assert.Contains(t, err.Error(), "etcd at "+endpoint)
	assert.Contains(t, err.Error(), "failed to verify certificate")
}

// tryElection has a node that leads and resigns.
func tryElection(t *testing.T, o etcd.Options) {
	t.Helper()
	var e leader.Elector
	node := servicetest.Start(t, service.NewBuilder().AddLayer(etcd.New(o)), servicetest.Populate(&e))
	term, err := e.Campaign(t.Context())
	require.NoError(t, err)
	select {
	case <-term.Lost():
		assert.Fail(t, "the term is lost")
	case <-time.After(time.Second):
	}
	require.NoError(t, term.Resign(t.Context()))
	require.NoError(t, node.Stop())
}

// wire returns the error of a node that does nothing but wire the layer.
func wire(t *testing.T, o etcd.Options) error {
	t.Helper()
	var e leader.Elector
	b := service.NewBuilder(service.Logger(slog.New(slog.DiscardHandler))).AddLayer(etcd.New(o))
	return servicetest.Build(t, b, servicetest.Populate(&e)).Run(t.Context())
}

// certificate makes a certificate for servers and clients that vouches for itself.
func certificate(t *testing.T, dir string) tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	template := &x509.Certificate{
		SerialNumber:          big.NewInt(1),
		Subject:               pkix.Name{CommonName: "test"},
		NotBefore:             time.Now().Add(-time.Hour),
		NotAfter:              time.Now().Add(time.Hour),
		IPAddresses:           []net.IP{net.IPv4(127, 0, 0, 1)},
		IsCA:                  true,
		BasicConstraintsValid: true,
		KeyUsage:              x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
		ExtKeyUsage:           []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	require.NoError(t, err)
	private, err := x509.MarshalPKCS8PrivateKey(key)
	require.NoError(t, err)
	certFile, keyFile := filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	require.NoError(t, os.WriteFile(certFile, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o600))
	require.NoError(t, os.WriteFile(keyFile, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private}), 0o600))
	pair, err := tls.LoadX509KeyPair(certFile, keyFile)
	require.NoError(t, err)
	return pair
}

// proxyTLS stands before a server: it demands certificates, and passes on what it reads.
func proxyTLS(t *testing.T, target string, pair tls.Certificate) (endpoint string) {
	t.Helper()
	trusted := x509.NewCertPool()
	trusted.AddCert(pair.Leaf)
	l, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{
		Certificates: []tls.Certificate{pair},
		ClientCAs:    trusted,
		ClientAuth:   tls.RequireAndVerifyClientCert,
		NextProtos:   []string{"h2"},
	})
	require.NoError(t, err)
	var all sync.WaitGroup
	t.Cleanup(func() {
		l.Close()
		all.Wait()
	})
	all.Go(func() {
		for {
			client, err := l.Accept()
			if err != nil {
				return
			}
			all.Go(func() { forward(client, target) })
		}
	})
	return "https://" + l.Addr().String()
}

// forward passes on in both directions until one of the two hangs up.
func forward(client net.Conn, target string) {
	defer client.Close()
	server, err := net.Dial("tcp", target)
	if err != nil {
		return
	}
	defer server.Close()
	back := make(chan struct{})
	go func() {
		defer close(back)
		io.Copy(client, server)
		client.Close()
	}()
	io.Copy(server, client)
	server.Close()
	<-back
}
