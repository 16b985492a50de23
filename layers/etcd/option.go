package etcd

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"strconv"
	"strings"
	"time"
)

const (
	defaultPrefix      = "/leader"
	defaultTTL         = 10 * time.Second
	defaultDialTimeout = 5 * time.Second
)

// Options says which etcd a node uses, and for which election.
type Options struct {
	// Endpoints are the addresses of members of the cluster, such as
	// "http://10.0.0.1:2379" or "10.0.0.1:2379". Required.
	Endpoints []string `help:"Addresses of etcd members." example:"http://127.0.0.1:2379" placeholder:"URL"`

	// Prefix names the election: all candidates with one prefix are in one election.
	// Their keys are below it. Optional; defaults to "/leader".
	Prefix string `help:"Key below which the candidates of the election are." default:"/leader" placeholder:"KEY"`

	// TTL is the lease: how long a leader that is cut off keeps others from leading. It
	// is rounded up to whole seconds, and the server may have a greater minimum, most
	// often two seconds. Optional; defaults to 10 s.
	TTL time.Duration `name:"ttl" help:"How long a leader that is cut off keeps others from leading." default:"10s" placeholder:"DURATION"`

	// Candidate is what an operator reads about a candidate, as the value of its key.
	// Optional; defaults to the name of the host and the id of the process.
	Candidate string `help:"What operators read about this candidate." placeholder:"TEXT"`

	// DialTimeout bounds the first contact, when the node is wired. Optional; defaults
	// to 5 s.
	DialTimeout time.Duration `help:"Time for the first contact with etcd." default:"5s" placeholder:"DURATION"`

	// Username and Password are for a cluster with authentication. Optional; default to
	// none.
	Username string `help:"User of etcd." placeholder:"NAME"`
	Password string `help:"Password of the user of etcd." placeholder:"PASSWORD"`

	// CA, Cert and Key are PEM files: the certificates of those who vouch for the
	// servers, and what this client vouches for itself with. Endpoints with https need
	// none of them if the system trusts the servers. Optional; default to none.
	CA   string `name:"ca" help:"File with the certificates that vouch for etcd." placeholder:"FILE"`
	Cert string `help:"File with the certificate of this client of etcd." placeholder:"FILE"`
	Key  string `help:"File with the key of this client of etcd." placeholder:"FILE"`
}

func (o Options) withDefaults() Options {
	if o.Prefix == "" {
		o.Prefix = defaultPrefix
	}
	if o.TTL == 0 {
		o.TTL = defaultTTL
	}
	if o.DialTimeout == 0 {
		o.DialTimeout = defaultDialTimeout
	}
	return o
}

// check reports all that is wrong with the options, defaults included.
func (o Options) check() error {
	var problems []error
	problem := func(format string, args ...any) { problems = append(problems, fmt.Errorf(format, args...)) }
	if len(o.Endpoints) == 0 {
		problem("Endpoints is empty (give at least one address, such as %q)", "http://127.0.0.1:2379")
	}
	for _, endpoint := range o.Endpoints {
		if !isEndpoint(endpoint) {
			problem("Endpoints has %q, which is no address (give one such as %q or %q)", endpoint, "http://127.0.0.1:2379", "127.0.0.1:2379")
		}
	}
	if strings.Trim(o.Prefix, "/") == "" {
		problem("Prefix %q names no election (give a key such as %q)", o.Prefix, defaultPrefix)
	}
	if o.TTL < time.Second {
		problem("TTL %v is too short (give a second or more, or 0 for %v)", o.TTL, defaultTTL)
	}
	if o.DialTimeout < 0 {
		problem("DialTimeout %v is negative (give a duration, or 0 for %v)", o.DialTimeout, defaultDialTimeout)
	}
	if (o.Username == "") != (o.Password == "") {
		problem("one of Username and Password is empty (give both or none)")
	}
	if (o.Cert == "") != (o.Key == "") {
		problem("one of Cert %q and Key %q is empty (give both or none)", o.Cert, o.Key)
	}
	return errors.Join(problems...)
}

func isEndpoint(s string) bool {
	if scheme, _, ok := strings.Cut(s, "://"); ok {
		u, err := url.Parse(s)
		if err != nil || scheme != "http" && scheme != "https" || u.Path != "" && u.Path != "/" {
			return false
		}
		s = u.Host
	}
	host, port, err := net.SplitHostPort(s)
	if err != nil || host == "" {
		return false
	}
	_, err = strconv.ParseUint(port, 10, 16)
	return err == nil
}
