package main

import (
	"testing"

	"github.com/wireframework/wireframework/service/servicetest"
)

func TestTheServerWithAFakeStore(t *testing.T) {
	servicetest.Start(t, overrideNode(), servicetest.Override[store](fakeStore{}))
}
