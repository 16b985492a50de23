package api

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"strconv"

	"github.com/prometheus/client_golang/prometheus"
	"go.opentelemetry.io/otel/trace"

	"github.com/wireframework/wireframework/examples/ledger/ledger"
)

// api answers requests.
type api struct {
	ledger    Ledger
	logger    *slog.Logger
	tracer    trace.Tracer
	options   Options
	transfers *prometheus.CounterVec
	slots     chan struct{} // holds a value for each request that is worked on
}

// traced answers in a span of its own.
func (a *api) traced(pattern string, f func(r *http.Request) (int, any)) http.Handler {
	return answer(func(r *http.Request) (int, any) {
		ctx, span := a.tracer.Start(r.Context(), pattern, trace.WithSpanKind(trace.SpanKindServer))
		defer span.End()
		return f(r.WithContext(ctx))
	})
}

// limited answers within the limits of the options. A request has to be complete by then:
// one that comes slowly must not keep others out.
func (a *api) limited(f func(r *http.Request) (int, any)) func(r *http.Request) (int, any) {
	return func(r *http.Request) (int, any) {
		select {
		case a.slots <- struct{}{}:
			defer func() { <-a.slots }()
		default:
			return http.StatusServiceUnavailable, problemf("%d requests are worked on already, try again", cap(a.slots))
		}
		ctx, cancel := context.WithTimeout(r.Context(), a.options.Timeout)
		defer cancel()
		return f(r.WithContext(ctx))
	}
}

// accepted is the answer to a transfer. It is the same when the transfer is sent again,
// so it does not say what has become of it.
type accepted struct {
	ledger.Transfer
	Accepted string `json:"accepted"` // when
}

func (a *api) submit(r *http.Request) (int, any) {
	t, problem := decodeTransfer(r)
	if problem != nil {
		a.transfers.WithLabelValues("invalid").Inc()
		return problem.status, problem
	}
	status, body := a.limited(func(r *http.Request) (int, any) {
		record, err := a.ledger.Submit(r.Context(), t)
		if err != nil {
			return a.fail(r, err)
		}
		return http.StatusAccepted, accepted{record.Transfer, record.Time.Format(timeFormat)}
	})(r)
	a.transfers.WithLabelValues(outcome(status)).Inc()
	return status, body
}

func outcome(status int) string {
	switch status {
	case http.StatusAccepted:
		return "accepted"
	case http.StatusUnprocessableEntity:
		return "refused"
	case http.StatusServiceUnavailable:
		return "failed"
	default:
		return "invalid"
	}
}

func (a *api) transfer(r *http.Request) (int, any) {
	key := r.PathValue("key")
	if err := ledger.ValidateKey(key); err != nil {
		return a.fail(r, err)
	}
	record, err := a.ledger.Transfer(r.Context(), key)
	if errors.Is(err, ledger.ErrNotFound) {
		return http.StatusNotFound, problemf("transfer %q does not exist", key)
	}
	return a.reply(r, record, err)
}

func (a *api) proof(r *http.Request) (int, any) {
	key := r.PathValue("key")
	if err := ledger.ValidateKey(key); err != nil {
		return a.fail(r, err)
	}
	proof, err := a.ledger.Proof(r.Context(), key)
	switch {
	case errors.Is(err, ledger.ErrPending):
		return http.StatusNotFound, problemf("transfer %q is not in a block yet", key)
	case errors.Is(err, ledger.ErrNotFound):
		return http.StatusNotFound, problemf("transfer %q is in no block", key)
	}
	return a.reply(r, proof, err)
}

func (a *api) account(r *http.Request) (int, any) {
	id := ledger.AccountID(r.PathValue("id"))
	if err := id.Validate("account"); err != nil {
		return a.fail(r, err)
	}
	account, err := a.ledger.Account(r.Context(), id)
	if errors.Is(err, ledger.ErrNotFound) {
		return http.StatusNotFound, problemf("account %q does not exist", id)
	}
	return a.reply(r, account, err)
}

func (a *api) block(r *http.Request) (int, any) {
	text := r.PathValue("height")
	height, err := strconv.ParseInt(text, 10, 64)
	if err != nil || height < 1 {
		return http.StatusBadRequest, problemf("height %s is not a whole number from 1 up", quote(text))
	}
	block, err := a.ledger.Block(r.Context(), height)
	if errors.Is(err, ledger.ErrNotFound) {
		return http.StatusNotFound, problemf("block %d does not exist", height)
	}
	return a.reply(r, block, err)
}

func (a *api) lastBlock(r *http.Request) (int, any) {
	block, err := a.ledger.LastBlock(r.Context())
	if errors.Is(err, ledger.ErrNotFound) {
		return http.StatusNotFound, problemf("there is no block yet")
	}
	return a.reply(r, block, err)
}

func (a *api) reply(r *http.Request, body any, err error) (int, any) {
	if err != nil {
		return a.fail(r, err)
	}
	return http.StatusOK, body
}

// fail answers with an error. What a client can do nothing about goes to the log.
func (a *api) fail(r *http.Request, err error) (int, any) {
	var invalid *ledger.InvalidError
	var refused *ledger.RefusedError
	switch {
	case errors.As(err, &invalid):
		return http.StatusBadRequest, problemf("%v", invalid)
	case errors.As(err, &refused):
		return http.StatusUnprocessableEntity, problemf("%v", refused)
	case errors.Is(err, ledger.ErrKeyTaken):
		return http.StatusConflict, problemf("%v", err)
	}
	if r.Context().Err() == nil || errors.Is(err, context.DeadlineExceeded) {
		a.logger.Warn("the ledger does not answer", "request", r.Method+" "+r.URL.Path, "error", err.Error())
	}
	return http.StatusServiceUnavailable, problemf("the ledger does not answer, try again")
}
