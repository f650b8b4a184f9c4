// Floor gets one certificate by RFC 8555 with the fewest requests the protocol
// allows: 10 with a new account, 9 with a saved one. scripts/bench compares
// nfcert with it. It uses only the standard library.
//
//	go run ./scripts/floor -directory URL -root FILE -name DNSNAME -http ADDR [-account FILE]
//
// It answers http-01 on ADDR, prints one line of JSON with the requests it
// sent, and discards the
// certificate. An account FILE that does not exist is made.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"time"
)

// options are the command line.
type options struct {
	directory string        // URL of the ACME directory
	root      string        // PEM file that alone validates the server's TLS certificate
	name      string        // the DNS name to certify
	http      string        // address that answers http-01
	account   string        // file of the saved account; empty saves none
	timeout   time.Duration // for everything
}

// result is what is printed.
type result struct {
	Requests   int `json:"requests"`   // all, extra polls included
	ExtraPolls int `json:"extraPolls"` // polls of the order that found it unfinished
}

func main() {
	var opts options
	flag.StringVar(&opts.directory, "directory", "", "ACME directory `URL`")
	flag.StringVar(&opts.root, "root", "", "PEM `file` of the root of the server's TLS certificate")
	flag.StringVar(&opts.name, "name", "", "DNS `name` to certify")
	flag.StringVar(&opts.http, "http", "", "`address` on which to answer http-01")
	flag.StringVar(&opts.account, "account", "", "`file` of the saved account, made when missing")
	flag.DurationVar(&opts.timeout, "timeout", time.Minute, "bound on the whole run")
	flag.Parse()
	if opts.directory == "" || opts.root == "" || opts.name == "" || opts.http == "" || flag.NArg() > 0 {
		flag.Usage()
		os.Exit(2)
	}
	if err := run(opts); err != nil {
		fmt.Fprintln(os.Stderr, "floor:", err)
		os.Exit(1)
	}
}

func run(opts options) error {
	ctx, cancel := context.WithTimeout(context.Background(), opts.timeout)
	defer cancel()
	c, err := newClient(opts.root)
	if err != nil {
		return err
	}
	if err := c.login(ctx, opts.directory, opts.account); err != nil {
		return err
	}
	extra, err := c.enrol(ctx, opts.name, opts.http)
	if err != nil {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(result{Requests: c.requests, ExtraPolls: extra})
}
