package show

import (
	"bytes"
	"context"
	"encoding/json"
	"strings"

	"github.com/spf13/cobra"

	"github.com/nfcert/nfcert/internal/acmewire"
	"github.com/nfcert/nfcert/internal/commands/cli"
	"github.com/nfcert/nfcert/internal/commands/session"
	"github.com/nfcert/nfcert/internal/enroll"
	"github.com/nfcert/nfcert/internal/ui"
)

func newTrace(env *cli.Env) *cobra.Command {
	return env.Named(&cobra.Command{
		Use: "trace", Short: "Show the HTTP exchanges of an enrolment",
		Long: `Show the saved HTTP exchanges of an enrolment with the CA and the Token
Authority, decoded and with secrets redacted. With -o json, each exchange is one
JSON object on one line.`,
		RunE: env.Run(func(_ context.Context, call *cli.Call, _ []string) error { return runTrace(call) }),
	})
}

func runTrace(call *cli.Call) error {
	s, err := session.Existing(call)
	if err != nil {
		return err
	}
	call = s.Call
	data, err := s.Store.ReadFile(enroll.TraceFile(call.Global.Name))
	if err != nil {
		return err
	}
	if call.Global.Output == cli.OutputJSON || call.Global.Output == cli.OutputJSONL {
		return cli.WriteAll(call.Streams.Out, data)
	}
	var out strings.Builder
	for line := range bytes.Lines(data) {
		var ex acmewire.Exchange
		if json.Unmarshal(line, &ex) != nil {
			continue // incomplete: the command was killed
		}
		out.WriteString(ui.Time(ex.Time) + " " + cli.ExchangeLine(&ex) + "\n")
		cli.WriteExchange(&out, &ex)
	}
	return cli.WriteAll(call.Streams.Out, []byte(out.String()))
}
