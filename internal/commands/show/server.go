package show

import (
	"cmp"
	"context"
	"crypto/tls"
	"fmt"
	"maps"
	"slices"

	"github.com/spf13/cobra"

	"github.com/nfcert/nfcert/internal/acmewire"
	"github.com/nfcert/nfcert/internal/commands/cli"
	"github.com/nfcert/nfcert/internal/commands/session"
	"github.com/nfcert/nfcert/internal/ui"
)

func newServer(env *cli.Env) *cobra.Command {
	return &cobra.Command{
		Use: "server [URL|NAME]", Short: "Show a server's directory, TLS facts and deviations", Args: cli.WantArgs(0, 1, "at most one server"),
		Long: `Connect to an ACME server, and show its directory, its TLS connection, what it
is trusted by, and how it deviates from the standard. NAME is a server of the
configuration file. Without an argument it is the only saved server.`,
		Example: `  nfcert show server https://ca.example/directory --ca-root ca.pem
  nfcert show server -o json`,
		RunE: env.Run(func(ctx context.Context, call *cli.Call, args []string) error {
			if len(args) == 1 {
				call = call.ForServer(args[0])
			}
			return runServer(ctx, call)
		}),
	}
}

func runServer(ctx context.Context, call *cli.Call) error {
	return session.WithServer(ctx, call, func(ctx context.Context, s *session.Session) error {
		d, err := s.Engine.CA.Refresh(ctx)
		if err != nil {
			return err
		}
		s.AdoptPinned()
		live := liveTLS(s.Engine.CA.Wire())
		if call.Global.Output != cli.OutputTable {
			return ui.WriteJSON(call.Streams.Out, struct {
				APIVersion string `json:"apiVersion"`
				Kind       string `json:"kind"`
				*session.Server
				TLS       *tlsDoc             `json:"tls,omitempty"`
				Directory *acmewire.Directory `json:"directory"`
				// Deviations are those met now and those saved.
				Deviations []acmewire.MetDeviation `json:"deviations"`
			}{cli.APIVersion, "Server", s.Server, live, d, s.Deviations()})
		}
		f := serverFields(call, s.Server, d)
		live.addTo(f)
		for _, m := range s.Deviations() {
			f.Add("deviation", fmt.Sprintf("%s (%s): %s; count %d, last %s", m.ID, m.Clause, m.Found, m.Count, ui.Time(m.Last)))
		}
		return f.Write(call.Streams.Out, call.Streams.OutColumns())
	})
}

func serverFields(call *cli.Call, sv *session.Server, d *acmewire.Directory) *ui.Fields {
	f := &ui.Fields{Paint: call.Streams.OutPaint()}
	f.Add("server", sv.URL)
	f.Add("trusted by", cmp.Or(sv.RootSHA256, "the system's roots"))
	f.Add("pin", sv.Pin)
	for _, name := range slices.Sorted(maps.Keys(sv.Resolve)) {
		f.Add("address", name+" is "+sv.Resolve[name])
	}
	f.Add("client cert", sv.ClientCert)
	f.Add("newNonce", d.NewNonce)
	f.Add("newAccount", d.NewAccount)
	f.Add("newOrder", d.NewOrder)
	f.Add("newAuthz", d.NewAuthz)
	f.Add("revokeCert", d.RevokeCert)
	f.Add("keyChange", d.KeyChange)
	f.Add("renewalInfo", d.RenewalInfo)
	f.Add("terms", d.Meta.TermsOfService)
	f.Add("website", d.Meta.Website)
	if d.Meta.ExternalAccountRequired {
		f.Add("account", "external account binding required")
	}
	for name, text := range d.Meta.Profiles {
		f.Add("profile", name+": "+text)
	}
	return f
}

// tlsDoc describes the TLS connection to a server.
type tlsDoc struct {
	Version     string `json:"version"`
	CipherSuite string `json:"cipherSuite"`
	Group       string `json:"group,omitempty"` // of the key exchange
	// ClientCertificateAsked says that the server asks for a client certificate:
	// it requires or supports mutual TLS.
	ClientCertificateAsked bool                `json:"clientCertificateAsked"`
	AcceptableCAs          []string            `json:"acceptableCAs,omitempty"` // for client certificates
	Chain                  []session.TrustCert `json:"chain"`                   // as the server sent it
}

// liveTLS describes the latest connection; nil if there was none.
func liveTLS(w *acmewire.Wire) *tlsDoc {
	s := w.Connection()
	if s == nil {
		return nil
	}
	d := &tlsDoc{Version: tls.VersionName(s.Version), CipherSuite: tls.CipherSuiteName(s.CipherSuite), Chain: session.TrustCertsOf(s.PeerCertificates)}
	if s.CurveID != 0 {
		d.Group = s.CurveID.String()
	}
	if asked := w.ClientCertRequest(); asked != nil {
		d.ClientCertificateAsked, d.AcceptableCAs = true, asked.CAs
	}
	return d
}

// addTo adds the facts for people.
func (d *tlsDoc) addTo(f *ui.Fields) {
	if d == nil {
		return
	}
	words := d.Version + ", " + d.CipherSuite
	if d.Group != "" {
		words += ", " + d.Group
	}
	f.Add("tls", words)
	for i, c := range d.Chain {
		f.Add("chain", fmt.Sprintf("%d: %s", i+1, c.Line()))
	}
	if d.ClientCertificateAsked {
		f.Add("mutual tls", "the server asks for a client certificate")
	}
	for _, name := range d.AcceptableCAs {
		f.Add("takes", name)
	}
}
