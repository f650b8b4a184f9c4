// Floor gets one certificate by RFC 8555 with the fewest requests the protocol
// allows: 10 with a new account, 9 with a saved one. scripts/bench compares
// nfcert with it. It uses only the standard library.
//
//	go run ./scripts/floor -directory URL -root FILE -name DNSNAME -http ADDR [-account FILE]
//
// It answers http-01 on ADDR, prints one line of JSON with the requests it
// sent, and discards the certificate. It creates an account FILE that does not
// exist.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"time"
)

// maxRun bounds the whole run.
const maxRun = time.Minute

// options are the command line.
type options struct{ directory, root, name, http, account string }

// result is what is printed.
type result struct {
	Requests   int `json:"requests"`   // all, extra polls included
	ExtraPolls int `json:"extraPolls"` // polls that found the order unfinished
}

func main() {
	var opts options
	flag.StringVar(&opts.directory, "directory", "", "ACME directory `URL`")
	flag.StringVar(&opts.root, "root", "", "PEM `file` of the root of the server's TLS certificate")
	flag.StringVar(&opts.name, "name", "", "DNS `name` to certify")
	flag.StringVar(&opts.http, "http", "", "`address` on which to answer http-01")
	flag.StringVar(&opts.account, "account", "", "`file` of the saved account, created if missing")
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
	ctx, cancel := context.WithTimeout(context.Background(), maxRun)
	defer cancel()
	c, err := newClient(opts.root, opts.account)
	if err != nil {
		return err
	}
	c.login(ctx, opts.directory, opts.account)
	c.enrol(ctx, opts.name, opts.http)
	if c.err != nil {
		return c.err
	}
	return json.NewEncoder(os.Stdout).Encode(c.result)
}
