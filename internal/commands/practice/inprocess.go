package practice

import (
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"

	"github.com/nfcert/nfcert/internal/challenge"
	"github.com/nfcert/nfcert/internal/commands/cli"
	"github.com/nfcert/nfcert/internal/commands/cmdflags"
	"github.com/nfcert/nfcert/internal/commands/session"
	"github.com/nfcert/nfcert/internal/enroll"
	"github.com/nfcert/nfcert/internal/lab"
	"github.com/nfcert/nfcert/internal/token"
)

// InLab starts a lab in this process and runs work in a session with it. roots are
// the roots of the certificates that the lab issues.
func InLab(ctx context.Context, call *cli.Call, work func(ctx context.Context, s *session.Session, roots []*x509.Certificate) error) error {
	ctx, cancel := call.Bounded(ctx)
	defer cancel()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	listener := challenge.NewListenerOn(ln)
	defer listener.Close()
	l, err := lab.Start(ctx, lab.Options{HTTPPort: ln.Addr().(*net.TCPAddr).Port})
	if err != nil {
		return err
	}
	call.Progress.Warn("%s", lab.Notice)
	call.Progress.Say("lab", "CA running at "+l.DirectoryURL())
	s, err := labSession(call, l)
	if err == nil {
		s.Engine.Solvers = append(s.Engine.Solvers, listener)
		err = addLabTokens(s, l)
	}
	var roots []*x509.Certificate
	if err == nil {
		roots, err = enroll.ParseCertificates(l.IssuerRootPEM())
	}
	if err == nil {
		err = s.Close(work(ctx, s, roots))
	}
	return errors.Join(err, l.Close())
}

// labSession returns a session with a lab. No flag has to name or trust it.
func labSession(call *cli.Call, l *lab.Lab) (*session.Session, error) {
	s, err := session.Local(call)
	if err != nil {
		return nil, err
	}
	s.Account = cmp.Or(call.Global.Account, enroll.DefaultAccount)
	s.Server = &session.Server{Version: 1, URL: l.DirectoryURL(), RootPEM: l.TLSRootPEM()}
	if err := s.Server.LoadRoots(s.Store); err != nil {
		return nil, err
	}
	return s, s.Connect()
}

// addLabTokens adds a solver for tkauth-01 with the lab's Token Authority.
func addLabTokens(s *session.Session, l *lab.Lab) error {
	certPEM, keyPEM, err := l.IssueClient("nfcert (practice only)")
	if err != nil {
		return err
	}
	cert, err := tls.X509KeyPair(certPEM, keyPEM)
	if err != nil {
		return err
	}
	roots, err := enroll.ParseCertificates(l.TokenAuthorityRoot())
	if err != nil {
		return err
	}
	pool := (&session.Server{Roots: roots}).Pool()
	s.Engine.Solvers = append(s.Engine.Solvers, &challenge.TKAuth{
		Source: &token.Authority{URL: l.TokenAuthorityURL(), HTTP: s.TokenTransport(pool, &cert)},
		Check:  token.CheckOptions{Roots: pool, Skew: cmdflags.TokenSkew, Life: cmdflags.TokenLife},
		Clock:  s.Call.Clock,
	})
	return nil
}
