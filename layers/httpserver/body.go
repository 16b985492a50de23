package httpserver

import (
	"fmt"
	"io"
	"net/http"
	"time"
)

// limitBody bounds the bodies of requests. What is announced as too big does not get
// to a handler.
func limitBody(h http.Handler, limit int64) http.Handler {
	if limit < 0 {
		return h
	}
	limited := http.MaxBytesHandler(h, limit)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.ContentLength > limit {
			refuseBody(w, r, limit)
			return
		}
		limited.ServeHTTP(w, r)
	})
}

// refuseBody answers at once and then, for a while, drops what the client sends. Many
// clients send everything before they read the answer; if the connection were closed
// under their hands, the answer would be lost.
func refuseBody(w http.ResponseWriter, r *http.Request, limit int64) {
	control := http.NewResponseController(w)
	_ = control.EnableFullDuplex() // else the answer waits for some of the body; HTTP/2 needs no leave
	w.Header().Set("Connection", "close")
	refuse(w, http.StatusRequestEntityTooLarge, fmt.Sprintf("the body has more than %d bytes", limit))
	if control.Flush() != nil || r.Header.Get("Expect") != "" { // a client that asks first does not send
		return
	}
	if control.SetReadDeadline(time.Now().Add(5*time.Second)) == nil {
		_, _ = io.Copy(io.Discard, r.Body)
	}
}
