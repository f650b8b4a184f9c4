// Package forget is nfcert forget: it removes saved enrolments, accounts and servers
// from this machine.
package forget

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/nfcert/nfcert/internal/commands/cli"
	"github.com/nfcert/nfcert/internal/commands/report"
	"github.com/nfcert/nfcert/internal/commands/session"
	"github.com/nfcert/nfcert/internal/enroll"
	"github.com/nfcert/nfcert/internal/store"
	"github.com/nfcert/nfcert/internal/ui"
)

// New returns the command.
func New(env *cli.Env) *cobra.Command {
	cmd := &cobra.Command{
		Use:        "forget",
		SuggestFor: []string{"delete", "remove", "rm"},
		Short:      "Remove a saved enrolment, account or server from this machine",
		Long: `Remove a saved enrolment from the state directory: its document, keys, CSR,
certificate and trace. The CA is not asked: an order or a certificate stays valid
there (nfcert order abandon and nfcert revoke end them). Installed files stay.

On a terminal, type the name to confirm; --yes confirms without asking.`,
		Example: `  nfcert forget amf-01
  nfcert forget account ops --server https://ca.example/directory
  nfcert forget server https://ca.example/directory`,
		RunE: env.Run(func(ctx context.Context, call *cli.Call, _ []string) error { return runEnrolment(ctx, call) }),
	}
	cmd.AddCommand(newAccount(env), newServer(env))
	return env.Named(cmd)
}

// forgotten is what forget prints.
type forgotten struct {
	APIVersion string   `json:"apiVersion"`
	Kind       string   `json:"kind"`
	Type       string   `json:"type"` // enrolment, account or server
	Name       string   `json:"name"` // a server's directory URL
	Server     string   `json:"server,omitempty"`
	Folder     string   `json:"folder"`              // that was removed
	Installed  []string `json:"installed,omitempty"` // files that stay
	Warnings   []string `json:"warnings,omitempty"`
}

func runEnrolment(ctx context.Context, call *cli.Call) error {
	call, err := session.Named(call)
	if err != nil {
		return err
	}
	s, err := session.OpenStore(call)
	if err != nil {
		return err
	}
	name := call.Global.Name
	doc := forgotten{Type: "enrolment", Name: name, Folder: s.Path(enroll.EnrolmentDir(name))}
	en, err := enroll.Load(s, name)
	switch _, damaged := cli.As[*store.DamagedError](err); {
	case damaged: // what is in it cannot be read, and forgetting is a way out
	case err != nil:
		return session.NoSuch(call, name, err)
	default:
		doc.Server, doc.Installed = en.Server, installedFiles(en, s.Dir())
		warn(call, en)
	}
	if err := call.Confirm("removes enrolment "+name+" and its keys from this machine", name); err != nil {
		return err
	}
	if err := enroll.ForgetEnrolment(ctx, s, name); err != nil {
		return err
	}
	return print(call, doc)
}

// warn says what stays at the CA and elsewhere.
func warn(call *cli.Call, en *enroll.Enrolment) {
	if o := en.Order; o != nil && (o.Status == enroll.Pending || o.Status == enroll.Ready || o.Status == enroll.Processing) {
		call.Progress.Warn("the CA still has the order %s, which is %s; nfcert order abandon ends it", o.URL, o.Status)
	}
	if en.Journal == nil {
		return
	}
	for _, p := range en.Journal.Placements {
		if p.Lasts() {
			call.Progress.Warn("the response to a %s challenge is still in place: %s", p.Type, p.Where)
		}
	}
}

// installedFiles lists the files outside the state directory that hold the
// certificate or its key.
func installedFiles(en *enroll.Enrolment, state string) []string {
	var files []string
	if en.Certificate != nil {
		for _, file := range en.Certificate.Files {
			if !strings.HasPrefix(file, state+string(filepath.Separator)) {
				files = append(files, file)
			}
		}
	}
	slices.Sort(files)
	return slices.Compact(files)
}

func newAccount(env *cli.Env) *cobra.Command {
	var force bool
	cmd := &cobra.Command{
		Use: "account NAME", Short: "Remove a saved account and its key", Args: cli.WantArgs(1, 1, "the name of one account"),
		Long: `Remove a saved account and its key from this machine. The account stays valid at
the CA, and cannot be used again without its key: nfcert account deactivate ends it
there, nfcert account export keeps a copy.`,
		RunE: env.Run(func(ctx context.Context, call *cli.Call, args []string) error {
			return runAccount(ctx, call.ForAccount(args[0]), force)
		}),
	}
	cmd.Flags().BoolVar(&force, "force", false, "also if saved enrolments use it")
	return cmd
}

func runAccount(ctx context.Context, call *cli.Call, force bool) error {
	s, err := session.Local(call)
	if err != nil {
		return err
	}
	acc, err := session.SavedAccount(s.Store, call.Global.Account, session.ServerNamed(call))
	if err != nil {
		return err
	}
	if acc == nil {
		return &enroll.OutOfTurnError{Name: call.Global.Account, Step: "forget account", Needs: enroll.StepAccount, Found: fmt.Sprintf("there is no account %q", call.Global.Account)}
	}
	users, err := users(call, s, func(en *enroll.Enrolment) bool {
		return en.Server == acc.Server && cmp.Or(en.Account, enroll.DefaultAccount) == acc.Name
	})
	if err != nil {
		return err
	}
	if err := inUse("account "+acc.Name, users, force); err != nil {
		return err
	}
	if err := call.Confirm("removes account "+acc.Name+" at "+acc.Server+" and its key from this machine", acc.Name); err != nil {
		return err
	}
	if err := enroll.ForgetAccount(ctx, s.Store, acc.Server, acc.Name); err != nil {
		return err
	}
	return print(call, forgotten{Type: "account", Name: acc.Name, Server: acc.Server, Folder: s.Store.Path(enroll.AccountDir(acc.Server, acc.Name))})
}

func newServer(env *cli.Env) *cobra.Command {
	var force bool
	cmd := &cobra.Command{
		Use: "server URL|NAME", Short: "Remove what is saved about a server", Args: cli.WantArgs(1, 1, "one server"),
		Long: `Remove what is saved about a server: its roots or pin, the paths of the client
certificate, its directory, and the deviations that were met. Accounts and
enrolments stay.`,
		RunE: env.Run(func(ctx context.Context, call *cli.Call, args []string) error {
			return runServer(ctx, call.ForServer(args[0]), force)
		}),
	}
	cmd.Flags().BoolVar(&force, "force", false, "also if saved accounts or enrolments use it")
	return cmd
}

func runServer(ctx context.Context, call *cli.Call, force bool) error {
	s, err := session.Local(call)
	if err != nil {
		return err
	}
	url := session.ServerNamed(call)
	saved, err := session.Servers(s.Store)
	if err != nil {
		return err
	}
	if !slices.ContainsFunc(saved, func(sv *session.Server) bool { return sv.URL == url }) {
		return cli.Usagef("nfcert show lists the servers of the enrolments", "there is no saved server %q", url)
	}
	users, err := users(call, s, func(en *enroll.Enrolment) bool { return en.Server == url })
	if err != nil {
		return err
	}
	accounts, err := enroll.Accounts(s.Store, func(string, error) {})
	if err != nil {
		return err
	}
	for _, acc := range accounts {
		if acc.Server == url {
			users = append(users, "account "+acc.Name)
		}
	}
	if err := inUse("server "+url, users, force); err != nil {
		return err
	}
	if err := call.Confirm("removes what is saved about the server "+url, url); err != nil {
		return err
	}
	if err := enroll.Forget(ctx, s.Store, session.ServerDir(url)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return print(call, forgotten{Type: "server", Name: url, Folder: s.Store.Path(session.ServerDir(url))})
}

// users lists the saved enrolments that match.
func users(call *cli.Call, s *session.Session, match func(*enroll.Enrolment) bool) ([]string, error) {
	all, err := session.Enrolments(call, s)
	var names []string
	for _, en := range all {
		if match(en) {
			names = append(names, en.Name)
		}
	}
	return names, err
}

// inUse refuses to forget what is still used.
func inUse(what string, users []string, force bool) error {
	if len(users) == 0 || force {
		return nil
	}
	return &inUseError{What: what, Users: users}
}

// inUseError says that saved things depend on what is to be forgotten.
type inUseError struct {
	What  string
	Users []string
}

func (e *inUseError) Error() string { return e.What + " is used by " + strings.Join(e.Users, ", ") }

// Errors explains the errors that only this command returns.
func Errors() []report.Entry {
	return []report.Entry{
		report.For(report.ExitState, report.CodeConflict, report.FaultState, func(c *report.Context, e *inUseError, r *report.Report) {
			r.Message = c.Subject() + ": " + e.Error()
			r.Hint = "nothing was changed; forget these first, or add --force"
		}),
	}
}

func print(call *cli.Call, doc forgotten) error {
	doc.APIVersion, doc.Kind, doc.Warnings = cli.APIVersion, "Forgotten", call.Progress.Warnings()
	switch call.Global.Output {
	case cli.OutputJSON:
		return ui.WriteJSON(call.Streams.Out, doc)
	case cli.OutputName:
		return cli.WriteAll(call.Streams.Out, []byte(doc.Name+"\n"))
	}
	call.Progress.Done()
	f := &ui.Fields{Paint: call.Streams.OutPaint()}
	f.Add("forgotten", doc.Type+" "+doc.Name)
	f.Add("removed", doc.Folder)
	for _, file := range doc.Installed {
		f.Add("stays", file)
	}
	return f.Write(call.Streams.Out, call.Streams.OutColumns())
}
