// Package forget is nfcert forget: it removes saved enrolments, accounts and servers
// from this machine.
package forget

import (
	"cmp"
	"context"
	"errors"
	"io/fs"
	"strings"

	"github.com/spf13/cobra"

	"github.com/nfcert/nfcert/internal/commands/cli"
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
there (nfcert order abandon and nfcert revoke end them). Installed files stay, and
are listed.

On a terminal, type the name to confirm; --yes confirms without asking. An
enrolment on which another run works is refused.`,
		Example: `  nfcert forget amf-01
  nfcert forget account ops --server https://ca.example/directory
  nfcert forget server https://ca.example/directory`,
		RunE: env.Run(func(ctx context.Context, call *cli.Call, _ []string) error { return runEnrolment(ctx, call) }),
	}
	cmd.AddCommand(newAccount(env), newServer(env))
	return env.Named(cmd)
}

// forgotten is what is removed, and what forget prints.
type forgotten struct {
	APIVersion string   `json:"apiVersion"`
	Kind       string   `json:"kind"`
	Type       string   `json:"type"` // enrolment, account or server
	Name       string   `json:"name"` // a server's directory URL
	Server     string   `json:"server,omitempty"`
	Folder     string   `json:"folder"`              // that was removed
	Removed    []string `json:"removed"`             // the files in it
	Installed  []string `json:"installed,omitempty"` // files that stay
	Warnings   []string `json:"warnings,omitempty"`
}

// forget removes a folder of the store after the user has confirmed it. check,
// which may be nil, runs while the folder is locked: it refuses what must stay, and
// adds to the document. The lock is held until the end, so that what is removed is
// what the user has confirmed.
func forget(ctx context.Context, call *cli.Call, s *store.Store, dir string, doc forgotten, check func(*forgotten) error) error {
	files, err := s.List(dir)
	if err != nil {
		return err
	}
	if len(files) == 0 { // a lock would leave its file
		return errors.Join(notSaved(s, doc), enroll.FinishForgetting(s))
	}
	lock, err := s.Lock(ctx, dir)
	if err != nil {
		return err
	}
	defer func() { _ = lock.Unlock() }()
	doc.Folder = s.Path(dir)
	for _, file := range files {
		doc.Removed = append(doc.Removed, s.Path(dir+"/"+file))
	}
	if err := check(&doc); err != nil {
		return err
	}
	if err := confirm(call, doc, files); err != nil {
		return err
	}
	switch err := enroll.Forget(s, dir); {
	case errors.Is(err, fs.ErrNotExist): // another run was faster
		return notSaved(s, doc)
	case err != nil:
		return err
	}
	return print(call, doc)
}

// confirm shows what will be removed and what stays, and has the user type the name.
func confirm(call *cli.Call, doc forgotten, files []string) error {
	if call.Global.Yes {
		return nil
	}
	call.Progress.Note("removes from %s: %s", doc.Folder, strings.Join(files, ", "))
	for _, file := range doc.Installed {
		call.Progress.Note("stays: %s", file)
	}
	what := doc.Type + " " + doc.Name
	if doc.Type == typeAccount {
		what += " at " + doc.Server
	}
	return call.Confirm("removes "+what+" from this machine", doc.Name)
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

func newAccount(env *cli.Env) *cobra.Command {
	var force bool
	cmd := &cobra.Command{
		Use: "account NAME", Short: "Remove a saved account and its key", Args: cli.WantArgs(1, 1, "the name of one account"),
		Long: `Remove a saved account and its key from this machine. The account stays valid at
the CA, and cannot be used again without its key: nfcert account deactivate ends it
there, nfcert account export keeps a copy. An account that saved enrolments use is
refused without --force.`,
		RunE: env.Run(func(ctx context.Context, call *cli.Call, args []string) error {
			return runAccount(ctx, call, args[0], force)
		}),
	}
	cmd.Flags().BoolVar(&force, "force", false, "also if saved enrolments use it")
	return env.Saved(cmd, cli.CompleteAccounts)
}

func runAccount(ctx context.Context, call *cli.Call, name string, force bool) error {
	if err := enroll.CheckName("account", name); err != nil {
		return err
	}
	s, err := session.Local(call)
	if err != nil {
		return err
	}
	acc, err := findAccount(call, s.Store, name)
	if err != nil {
		return err
	}
	doc := forgotten{Type: typeAccount, Name: name, Server: acc.Server}
	return forget(ctx, call, s.Store, enroll.AccountDir(acc.Server, name), doc, func(*forgotten) error {
		users, err := enrolmentsOf(call, s, func(en *enroll.Enrolment) bool {
			return en.Server == acc.Server && cmp.Or(en.Account, enroll.DefaultAccount) == name
		})
		if err != nil {
			return err
		}
		return inUse("account "+name, users, force)
	})
}

// findAccount finds the one saved account with that name, at the server if one is
// named. If its document is damaged, only name and server are set.
func findAccount(call *cli.Call, s *store.Store, name string) (*enroll.Account, error) {
	server := session.ServerNamed(call)
	var unread error
	all, err := enroll.Accounts(s, func(of string, err error) {
		if of == name {
			unread = err
		}
	})
	if err != nil {
		return nil, err
	}
	var found []*enroll.Account
	var servers []string
	for _, acc := range all {
		if acc.Name == name && (server == "" || acc.Server == server) {
			found, servers = append(found, acc), append(servers, acc.Server)
		}
	}
	_, damaged := cli.As[*store.DamagedError](unread)
	switch {
	case len(found) == 1:
		return found[0], nil
	case len(found) > 1:
		return nil, cli.Usagef("one of: --server "+strings.Join(servers, ", --server "), "%d servers have an account %q; specify which", len(found), name)
	case damaged && server != "":
		return &enroll.Account{Name: name, Server: server}, nil
	case unread != nil:
		return nil, unread
	}
	return nil, errors.Join(notSaved(s, forgotten{Type: typeAccount, Name: name, Server: server}), enroll.FinishForgetting(s))
}

func newServer(env *cli.Env) *cobra.Command {
	var force bool
	cmd := &cobra.Command{
		Use: "server URL|NAME", Short: "Remove what is saved about a server", Args: cli.WantArgs(1, 1, "one server"),
		Long: `Remove what is saved about a server: its roots or pin, the paths of the client
certificate, its directory, and the deviations that were met. Accounts and
enrolments stay. A server that they use is refused without --force.`,
		RunE: env.Run(func(ctx context.Context, call *cli.Call, args []string) error {
			return runServer(ctx, call.ForServer(args[0]), force)
		}),
	}
	cmd.Flags().BoolVar(&force, "force", false, "also if saved accounts or enrolments use it")
	return env.Saved(cmd, cli.CompleteServers)
}

func runServer(ctx context.Context, call *cli.Call, force bool) error {
	s, err := session.Local(call)
	if err != nil {
		return err
	}
	url := session.ServerNamed(call)
	if saved, err := session.Servers(s.Store); err == nil { // a damaged one is found by its URL
		for _, sv := range saved {
			if sv.Name != "" && sv.Name == url {
				url = sv.URL
			}
		}
	}
	return forget(ctx, call, s.Store, session.ServerDir(url), forgotten{Type: typeServer, Name: url}, func(*forgotten) error {
		users, err := enrolmentsOf(call, s, func(en *enroll.Enrolment) bool { return en.Server == url })
		if err != nil {
			return err
		}
		accounts, err := enroll.Accounts(s.Store, nil)
		if err != nil {
			return err
		}
		for _, acc := range accounts {
			if acc.Server == url {
				users = append(users, "account "+acc.Name)
			}
		}
		return inUse("server "+url, users, force)
	})
}

// enrolmentsOf names the saved enrolments that match.
func enrolmentsOf(call *cli.Call, s *session.Session, match func(*enroll.Enrolment) bool) ([]string, error) {
	all, err := session.Enrolments(call, s)
	var names []string
	for _, en := range all {
		if match(en) {
			names = append(names, en.Name)
		}
	}
	return names, err
}
