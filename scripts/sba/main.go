// Sba shows what certificates with NF instance ids are for: two network
// functions speak HTTP/2 with mutual TLS, and the producer serves the consumer
// alone whose certificate names the NF instance that the access token was issued
// to (TS 33.501 13.4.1.1.2). docs/sba.md walks through it. It is practice, and
// no part of a core.
//
//	sba token   --cert FILE --key FILE --sub ID --aud TYPE --scope SCOPE
//	sba produce --cert FILE --key FILE --root FILE --nrf FILE --type TYPE --scope SCOPE -- COMMAND [ARG...]
//	sba consume --cert FILE --key FILE --root FILE --host FQDN --token FILE PATH
//
// Token signs an access token as the NRF would, and prints it. Produce serves on
// loopback while COMMAND runs, which finds its URL in $SBA_PRODUCER. Consume
// makes one request there; it exits with 1 when that is refused.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"time"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	var child *exec.ExitError
	switch {
	case err == nil:
	case errors.As(err, &child):
		os.Exit(max(child.ExitCode(), 1))
	default:
		fmt.Fprintln(os.Stderr, "sba:", err)
		os.Exit(1)
	}
}

// settings are the flags of all commands.
type settings struct {
	cert, key, root, nrf    string
	sub, aud, scope, nfType string
	host, token             string
	life                    time.Duration
	args                    []string
}

func run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	if len(args) == 0 {
		return errors.New("want token, produce or consume; see docs/sba.md")
	}
	var s settings
	flags := flag.NewFlagSet("sba "+args[0], flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.StringVar(&s.cert, "cert", "", "PEM `file` of the certificate and its chain")
	flags.StringVar(&s.key, "key", "", "PEM `file` of its key")
	flags.StringVar(&s.root, "root", "", "PEM `file` of the roots that NF certificates chain to")
	flags.StringVar(&s.nrf, "nrf", "", "PEM `file` of the certificate, and its chain, that the NRF signs access tokens with")
	flags.StringVar(&s.sub, "sub", "", "NF instance `id` of the consumer that a token is for")
	flags.StringVar(&s.aud, "aud", "", "NF `type` of the producers that a token is for")
	flags.StringVar(&s.scope, "scope", "", "`service` that a token allows, as in nsmf-pdusession")
	flags.StringVar(&s.nfType, "type", "", "NF `type` of the producer")
	flags.StringVar(&s.host, "host", "", "`FQDN` of the producer, which its certificate must have")
	flags.StringVar(&s.token, "token", "", "`file` with the access token")
	flags.DurationVar(&s.life, "life", 10*time.Minute, "how long a token lasts")
	if err := flags.Parse(args[1:]); err != nil {
		return err
	}
	s.args = flags.Args()
	switch args[0] {
	case "token":
		return s.printToken(stdout)
	case "produce":
		return s.produce(ctx, stdout, stderr)
	case "consume":
		return s.consume(ctx, stdout)
	}
	return fmt.Errorf("%q is no command; want token, produce or consume", args[0])
}
