package api_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"

	"github.com/wireframework/wireframework/examples/ledger/api"
	"github.com/wireframework/wireframework/examples/ledger/ledger"
	"github.com/wireframework/wireframework/layers/httpserver"
	"github.com/wireframework/wireframework/service"
	"github.com/wireframework/wireframework/service/servicetest"
	"github.com/wireframework/wireframework/wiring/layertest"
)

var noon = time.Date(2026, time.May, 4, 12, 0, 0, 0, time.UTC)

// fakeLedger answers for alice, who has 100, and for a chain of one block.
type fakeLedger struct {
	block     ledger.Block
	hang      bool
	fail      error
	submitted []ledger.Transfer
}

func newLedger() *fakeLedger {
	return &fakeLedger{block: ledger.NewBlock(ledger.Header{}, noon, 1, []ledger.Transfer{
		{Key: "g", From: ledger.Mint, To: "alice", Amount: 100},
		{Key: "sealed", From: "alice", To: "bob", Amount: 1},
	})}
}

// answer is the state that the ledger is in.
func (l *fakeLedger) answer(ctx context.Context) error {
	if l.hang {
		<-ctx.Done()
		return ctx.Err()
	}
	return l.fail
}

func (l *fakeLedger) Submit(ctx context.Context, t ledger.Transfer) (ledger.Record, error) {
	switch {
	case l.answer(ctx) != nil:
		return ledger.Record{}, l.answer(ctx)
	case t.From == ledger.Mint:
		return ledger.Record{}, &ledger.InvalidError{Field: "from", Value: `"mint"`, Reason: "pays at the genesis only"}
	case t.Key == "sealed":
		return ledger.Record{}, ledger.ErrKeyTaken
	case t.Amount > 100:
		return ledger.Record{}, &ledger.RefusedError{Reason: `account "alice" has 100, which is less`}
	}
	l.submitted = append(l.submitted, t)
	return ledger.Record{Transfer: t, State: ledger.Pending, Time: noon}, nil
}

func (l *fakeLedger) Transfer(ctx context.Context, key string) (ledger.Record, error) {
	if err := l.answer(ctx); err != nil {
		return ledger.Record{}, err
	}
	for _, t := range l.block.Transfers {
		if t.Key == key {
			return ledger.Record{Transfer: t, State: ledger.Sealed, Time: noon, Height: 1}, nil
		}
	}
	return ledger.Record{}, ledger.ErrNotFound
}

func (l *fakeLedger) Account(ctx context.Context, id ledger.AccountID) (ledger.Account, error) {
	if id != "alice" {
		return ledger.Account{}, ledger.ErrNotFound
	}
	return ledger.Account{ID: id, Balance: 100}, l.answer(ctx)
}

func (l *fakeLedger) Block(ctx context.Context, height int64) (ledger.Block, error) {
	if height != 1 {
		return ledger.Block{}, ledger.ErrNotFound
	}
	return l.block, l.answer(ctx)
}

func (l *fakeLedger) LastBlock(ctx context.Context) (ledger.Block, error) {
	return l.block, l.answer(ctx)
}

func (l *fakeLedger) Proof(ctx context.Context, key string) (ledger.Proof, error) {
	if key == "pending" {
		return ledger.Proof{}, ledger.ErrPending
	}
	return l.block.Prove(key)
}

// handler returns what the API answers with, without a server.
func handler(t *testing.T, l api.Ledger, o api.Options) http.Handler {
	t.Helper()
	var routes []httpserver.Route
	servicetest.Start(t, service.NewBuilder().AddLayer(api.New(o)),
		servicetest.Supply[api.Ledger](l),
		servicetest.PopulateGroup(&routes, "http-routes"),
	)
	mux := http.NewServeMux()
	for _, r := range routes {
		require.Equal(t, "api", r.Server)
		require.False(t, r.Private)
		mux.Handle(r.Pattern, r.Handler)
	}
	return mux
}

func request(method, path, body string) *http.Request {
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	return r
}

// do requires that the answer is one line of JSON.
func do(t *testing.T, h http.Handler, r *http.Request) (status int, body string) {
	t.Helper()
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	assert.Equal(t, "application/json", w.Header().Get("Content-Type"))
	assert.True(t, json.Valid(w.Body.Bytes()), w.Body)
	return w.Code, w.Body.String()
}

const good = `{"key": "k", "from": "alice", "to": "bob", "amount": 5}`

func TestAnswers(t *testing.T) {
	l := newLedger()
	h := handler(t, l, api.Options{})
	header := `{"height":1,"prev":"` + strings.Repeat("0", 64) + `","time":"2026-05-04T12:00:00Z","token":1,"count":2,"root":"` +
		l.block.Root.String() + `","hash":"` + l.block.Hash.String() + `"`
	transfers := `[{"key":"g","from":"mint","to":"alice","amount":100},{"key":"sealed","from":"alice","to":"bob","amount":1}]`
	proof, err := l.block.Prove("sealed")
	require.NoError(t, err)
	tests := []struct {
		name, method, path, body string
		status                   int
		want                     string
	}{
		{
			"a transfer", "POST", "/transfers", good, 202,
			`{"key": "k", "from": "alice", "to": "bob", "amount": 5, "accepted": "2026-05-04T12:00:00.000000Z"}`,
		},
		{"a transfer that is refused", "POST", "/transfers", strings.Replace(good, "5", "101", 1), 422, `{"error": "account \"alice\" has 100, which is less"}`},
		{"a key that is taken", "POST", "/transfers", strings.Replace(good, `"k"`, `"sealed"`, 1), 409, `{"error": "the key belongs to another transfer"}`},
		{"a transfer from the mint", "POST", "/transfers", strings.Replace(good, "alice", "mint", 1), 400, `{"error": "from \"mint\" pays at the genesis only"}`},
		{
			"what became of a transfer", "GET", "/transfers/sealed", "", 200,
			`{"key": "sealed", "from": "alice", "to": "bob", "amount": 1, "state": "sealed", "height": 1, "time": "2026-05-04T12:00:00Z"}`,
		},
		{"an unknown transfer", "GET", "/transfers/other", "", 404, `{"error": "transfer \"other\" does not exist"}`},
		{"a key that cannot be", "GET", "/transfers/%ff%00", "", 400, `{"error": "key \"\\xff\\x00\" has a character that is not allowed (letters and digits, and after the first also \"-\", \"_\" and \".\")"}`},
		{"a proof of what cannot be", "GET", "/transfers/%2e%2e/proof", "", 400, `{"error": "key \"..\" has a character that is not allowed (letters and digits, and after the first also \"-\", \"_\" and \".\")"}`},
		{"an account that cannot be", "GET", "/accounts/Alice", "", 400, `{"error": "account \"Alice\" has a character that is not allowed (lower-case letters and digits, and after the first also \"-\", \"_\" and \".\")"}`},
		{"an account", "GET", "/accounts/alice", "", 200, `{"id": "alice", "balance": 100}`},
		{"an unknown account", "GET", "/accounts/mallory", "", 404, `{"error": "account \"mallory\" does not exist"}`},
		{"a block", "GET", "/blocks/1", "", 200, header + `,"transfers":` + transfers + `}`},
		{"the last block", "GET", "/blocks/latest", "", 200, header + `,"transfers":` + transfers + `}`},
		{"an unknown block", "GET", "/blocks/2", "", 404, `{"error": "block 2 does not exist"}`},
		{"a block before the first", "GET", "/blocks/0", "", 400, `{"error": "height \"0\" is not a whole number from 1 up"}`},
		{"a height that is too great", "GET", "/blocks/99999999999999999999", "", 400, `{"error": "height \"99999999999999999999\" is not a whole number from 1 up"}`},
		{
			"a proof", "GET", "/transfers/sealed/proof", "", 200,
			`{"transfer":{"key":"sealed","from":"alice","to":"bob","amount":1},"index":1,"path":["` + proof.Path[0].String() + `"],"header":` + header + `}}`,
		},
		{"a proof that is not there yet", "GET", "/transfers/pending/proof", "", 404, `{"error": "transfer \"pending\" is not in a block yet"}`},
		{"a proof that never will be", "GET", "/transfers/other/proof", "", 404, `{"error": "transfer \"other\" is in no block"}`},
		{"an unknown path", "GET", "/nowhere", "", 404, `{"error": "path \"/nowhere\" does not exist"}`},
		{"a path with nothing at the end", "GET", "/accounts/", "", 404, `{"error": "path \"/accounts/\" does not exist"}`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			status, body := do(t, h, request(tt.method, tt.path, tt.body))
			assert.Equal(t, tt.status, status)
			assert.JSONEq(t, tt.want, body)
		})
	}
	assert.Len(t, l.submitted, 1)
}

func TestBadTransfersAreNotSubmitted(t *testing.T) {
	l := newLedger()
	h := handler(t, l, api.Options{})
	with := func(old, replacement string) string { return strings.Replace(good, old, replacement, 1) }
	tests := map[string]struct {
		body   string
		status int
		want   string
	}{
		"nothing":               {"", 400, "the body ends in the middle"},
		"no JSON":               {"key=k", 400, "the body is not JSON: invalid character 'k'"},
		"half an object":        {good[:20], 400, "the body ends in the middle"},
		"a list":                {"[" + good + "]", 400, "[ in the place of an object"},
		"a number":              {"5", 400, "5 in the place of an object"},
		"null":                  {"null", 400, "in the place of an object"},
		"two of them":           {good + good, 400, "the body goes on after the transfer"},
		"garbage after the end": {good + "}", 400, "the body goes on after the transfer"},
		"an unknown field":      {with(`{`, `{"memo": "", `), 400, `field "memo" is not known`},
		"a field in capitals":   {with("amount", "Amount"), 400, `field "Amount" is not known`},
		"a field twice":         {with(`{`, `{"amount": 1, `), 400, `field "amount" is there twice`},
		"a missing field":       {`{"key": "k", "amount": 5}`, 400, "fields are missing: from, to"},
		"an empty object":       {`{}`, 400, "fields are missing: amount, from, key, to"},
		"a number for a key":    {with(`"k"`, "7"), 400, "key is a number, not a string"},
		"null for a key":        {with(`"k"`, "null"), 400, `key "" is empty`},
		"an object for a key":   {with(`"k"`, "{}"), 400, "key is a object, not a string"},
		"a path for a key":      {with(`"k"`, `"../k"`), 400, `key "../k" has a character that is not allowed`},
		"half a character":      {with(`"k"`, `"\ud800"`), 400, "has a character that is not allowed"},
		"a negative amount":     {with("5", "-5"), 400, "amount -5 is negative"},
		"no amount":             {with("5", "0"), 400, "amount 0 is not positive"},
		"a fraction":            {with("5", "5.0"), 400, "amount 5.0 is not a whole number of minor units"},
		"an exponent":           {with("5", "1e400"), 400, "amount 1e400 is not a whole number of minor units"},
		"an amount as a text":   {with("5", `"5"`), 400, "is not a whole number of minor units"},
		"an amount over 53 bit": {with("5", "9007199254740992"), 400, "is more than 9007199254740991"},
		"an amount over 64 bit": {with("5", "18446744073709551617"), 400, "is more than 9007199254740991"},
		"a huge amount":         {with("5", strings.Repeat("9", 3000)), 400, "... (3000 bytes) is more than 9007199254740991"},
		"a transfer to oneself": {with("bob", "alice"), 400, `to "alice" is the account that pays`},
		"a body that is long":   {strings.Repeat(" ", 5000) + good, 413, "the body has more than 4096 bytes"},
		"a long tail":           {good + strings.Repeat(" ", 5000), 413, "the body has more than 4096 bytes"},
		"a long key":            {with(`"k"`, `"`+strings.Repeat("k", 5000)+`"`), 413, "the body has more than 4096 bytes"},
		"a deep body":           {strings.Repeat("[", 4000), 400, "in the place of an object"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			status, body := do(t, h, request("POST", "/transfers", tt.body))
			assert.Equal(t, tt.status, status)
			var got map[string]string
			require.NoError(t, json.Unmarshal([]byte(body), &got))
			assert.Contains(t, got["error"], tt.want)
			assert.Less(t, len(body), 300)
		})
	}
	for _, kind := range []string{"", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"} {
		r := request("POST", "/transfers", good)
		r.Header.Set("Content-Type", kind)
		status, _ := do(t, h, r)
		assert.Equal(t, http.StatusUnsupportedMediaType, status, kind)
	}
	assert.Empty(t, l.submitted)
	r := request("POST", "/transfers", good)
	r.Header.Set("Content-Type", "application/json; charset=utf-8")
	status, _ := do(t, h, r)
	assert.Equal(t, http.StatusAccepted, status)
}

func TestOtherMethodsAreNotAllowed(t *testing.T) {
	h := handler(t, newLedger(), api.Options{})
	for path, allow := range map[string]string{
		"/transfers": "POST", "/transfers/k": "GET, HEAD", "/transfers/k/proof": "GET, HEAD",
		"/accounts/alice": "GET, HEAD", "/blocks/1": "GET, HEAD", "/blocks/latest": "GET, HEAD",
	} {
		for _, method := range []string{"DELETE", "PUT", "PATCH", "OPTIONS", "TRACE", "BREW"} {
			w := httptest.NewRecorder()
			h.ServeHTTP(w, request(method, path, ""))
			assert.Equal(t, http.StatusMethodNotAllowed, w.Code, "%s %s", method, path)
			assert.Equal(t, allow, w.Header().Get("Allow"))
			assert.JSONEq(t, `{"error": "method \"`+method+`\" is not allowed here (allowed: `+allow+`)"}`, w.Body.String())
		}
	}
}

func TestALedgerThatFailsIsNoMistakeOfTheClient(t *testing.T) {
	l := newLedger()
	l.fail = errors.New("password authentication failed for 10.0.0.7")
	h := handler(t, l, api.Options{})
	for _, r := range []*http.Request{request("POST", "/transfers", good), request("GET", "/transfers/k", ""), request("GET", "/blocks/latest", "")} {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		assert.Equal(t, http.StatusServiceUnavailable, w.Code)
		assert.Equal(t, "1", w.Header().Get("Retry-After"))
		assert.JSONEq(t, `{"error": "the ledger does not answer, try again"}`, w.Body.String(), "nothing of the inside")
	}
}

func TestALedgerThatHangsIsGivenUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLedger()
		l.hang = true
		h := handler(t, l, api.Options{Timeout: 3 * time.Second})
		began := time.Now()
		status, _ := do(t, h, request("POST", "/transfers", good))
		assert.Equal(t, http.StatusServiceUnavailable, status)
		assert.Equal(t, 3*time.Second, time.Since(began))
	})
}

func TestTooManyRequestsAreTurnedAway(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLedger()
		l.hang = true
		h := handler(t, l, api.Options{Concurrency: 3, Timeout: time.Minute})
		var open sync.WaitGroup
		for range 3 {
			open.Go(func() { do(t, h, request("GET", "/accounts/alice", "")) })
		}
		synctest.Wait()
		status, body := do(t, h, request("GET", "/accounts/alice", ""))
		assert.Equal(t, http.StatusServiceUnavailable, status)
		assert.JSONEq(t, `{"error": "3 requests are worked on already, try again"}`, body)
		open.Wait()
		l.hang = false
		status, _ = do(t, h, request("GET", "/accounts/alice", ""))
		assert.Equal(t, http.StatusOK, status)
	})
}

func TestEachRequestIsASpan(t *testing.T) {
	spans := tracetest.NewSpanRecorder()
	var routes []httpserver.Route
	servicetest.Start(t, service.NewBuilder().AddLayer(api.New(api.Options{})),
		servicetest.Supply[api.Ledger](newLedger()),
		servicetest.Supply[trace.TracerProvider](sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(spans))),
		servicetest.PopulateGroup(&routes, "http-routes"),
	)
	for _, r := range routes {
		if r.Pattern == "GET /accounts/{id}" {
			do(t, r.Handler, request("GET", "/accounts/alice", ""))
		}
	}
	require.Len(t, spans.Ended(), 1)
	assert.Equal(t, "GET /accounts/{id}", spans.Ended()[0].Name())
}

// slow is a body that does not come.
type slow struct{ done chan struct{} }

func (s slow) Read([]byte) (int, error) {
	<-s.done
	return 0, io.EOF
}

func TestBodiesThatDoNotComeKeepNobodyOut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := handler(t, newLedger(), api.Options{Concurrency: 3})
		body := slow{make(chan struct{})}
		var open sync.WaitGroup
		for range 10 {
			open.Go(func() {
				r := httptest.NewRequest("POST", "/transfers", body)
				r.Header.Set("Content-Type", "application/json")
				status, _ := do(t, h, r)
				assert.Equal(t, http.StatusBadRequest, status)
			})
		}
		synctest.Wait()
		status, _ := do(t, h, request("POST", "/transfers", good))
		assert.Equal(t, http.StatusAccepted, status)
		close(body.done)
		open.Wait()
	})
}

// endless is a body without an end.
type endless struct{ read int }

func (e *endless) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = ' '
	}
	e.read += len(p)
	return len(p), nil
}

func TestABodyWithoutAnEndIsNotRead(t *testing.T) {
	h := handler(t, newLedger(), api.Options{})
	body := new(endless)
	r := httptest.NewRequest("POST", "/transfers", io.NopCloser(body))
	r.Header.Set("Content-Type", "application/json")
	status, _ := do(t, h, r)
	assert.Equal(t, http.StatusRequestEntityTooLarge, status)
	assert.Less(t, body.read, 16<<10)
}

func TestLayer(t *testing.T) {
	layertest.Run(t, api.New(api.Options{}),
		servicetest.Supply[api.Ledger](newLedger()),
		servicetest.PopulateGroup(new([]httpserver.Route), "http-routes"),
		servicetest.PopulateGroup(new([]prometheus.Collector), "metrics"),
	)
	_, err := service.NewBuilder().AddLayer(api.New(api.Options{Timeout: -1, Concurrency: -1})).Build()
	assert.ErrorContains(t, err, "Timeout -1ns is negative")
	assert.ErrorContains(t, err, "Concurrency -1 is negative")
}
