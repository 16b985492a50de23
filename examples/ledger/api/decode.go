package api

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"mime"
	"net/http"
	"slices"
	"strings"

	"github.com/wireframework/wireframework/examples/ledger/ledger"
)

// maxBody is the greatest size of a transfer, in bytes. The biggest that is valid has
// less than a tenth of it.
const maxBody = 4 << 10

// decodeTransfer reads a transfer. It is strict, because a request that can be read in
// two ways will be: every field once, none that is not known, nothing after the end.
func decodeTransfer(r *http.Request) (ledger.Transfer, *problem) {
	var t ledger.Transfer
	if kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || kind != "application/json" {
		return t, withStatus(http.StatusUnsupportedMediaType,
			fmt.Errorf("content type %s is not application/json", quote(r.Header.Get("Content-Type"))))
	}
	err := decodeObject(http.MaxBytesReader(nil, r.Body, maxBody), map[string]any{
		"key": &t.Key, "from": &t.From, "to": &t.To, "amount": (*amount)(&t.Amount),
	})
	if err == nil {
		err = t.Validate()
	}
	var tooLong *http.MaxBytesError
	switch {
	case errors.As(err, &tooLong):
		return t, withStatus(http.StatusRequestEntityTooLarge, fmt.Errorf("the body has more than %d bytes", maxBody))
	case err != nil:
		return t, withStatus(http.StatusBadRequest, err)
	}
	return t, nil
}

// amount is an amount in a request, where only [ledger.ParseAmount] counts.
type amount ledger.Amount

func (a *amount) UnmarshalJSON(text []byte) error {
	parsed, err := ledger.ParseAmount(string(text))
	*a = amount(parsed)
	return err
}

func withStatus(status int, err error) *problem {
	return &problem{Error: err.Error(), status: status}
}

// decodeObject reads one JSON object with exactly these fields into their pointers.
func decodeObject(body io.Reader, fields map[string]any) error {
	d := json.NewDecoder(body)
	if err := expect(d, json.Delim('{'), "an object"); err != nil {
		return err
	}
	seen := make(map[string]bool)
	for d.More() {
		if err := decodeField(d, fields, seen); err != nil {
			return err
		}
	}
	if err := expect(d, json.Delim('}'), "the end of the object"); err != nil {
		return err
	}
	if missing := slices.DeleteFunc(slices.Sorted(maps.Keys(fields)), func(name string) bool { return seen[name] }); len(missing) > 0 {
		return fmt.Errorf("fields are missing: %s", strings.Join(missing, ", "))
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return afterTheEnd(err)
	}
	return nil
}

func expect(d *json.Decoder, want json.Delim, what string) error {
	token, err := d.Token()
	if err != nil {
		return malformed(err)
	}
	if token != want {
		return fmt.Errorf("the body is not as expected: %.40v in the place of %s", token, what)
	}
	return nil
}

// decodeField reads a name and its value.
func decodeField(d *json.Decoder, fields map[string]any, seen map[string]bool) error {
	token, err := d.Token()
	if err != nil {
		return malformed(err)
	}
	name, _ := token.(string) // the decoder has seen to it
	dst, known := fields[name]
	switch {
	case !known:
		return fmt.Errorf("field %s is not known", quote(name))
	case seen[name]:
		return fmt.Errorf("field %s is there twice", quote(name))
	}
	seen[name] = true
	err = d.Decode(dst)
	var invalid *ledger.InvalidError
	var wrongType *json.UnmarshalTypeError
	switch {
	case errors.As(err, &invalid):
		return err
	case errors.As(err, &wrongType):
		return fmt.Errorf("%s is a %s, not a string", name, wrongType.Value)
	case err != nil:
		return malformed(err)
	}
	return nil
}

// malformed keeps the error of a body that is too long.
func malformed(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return errors.New("the body ends in the middle")
	}
	return fmt.Errorf("the body is not JSON: %w", err)
}

func afterTheEnd(err error) error {
	var tooLong *http.MaxBytesError
	if errors.As(err, &tooLong) {
		return err
	}
	return errors.New("the body goes on after the transfer")
}
