// A whole session of the official Go SDK, as an application would write it. Says `done` when every
// answer was the expected one.
//
// Reads FGA_API_URL and, to log in first, FGA_API_TOKEN_ISSUER, FGA_API_AUDIENCE, FGA_CLIENT_ID and
// FGA_CLIENT_SECRET. The argument is the directory of model.json and tuples.json.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"sort"
	"time"

	openfga "github.com/openfga/go-sdk"
	"github.com/openfga/go-sdk/client"
	"github.com/openfga/go-sdk/credentials"
)

const (
	alice = "user:alice"
	bob   = "user:bob"
	carol = "user:carol"
)

var (
	ctx  = context.Background()
	ulid = regexp.MustCompile("^[0-9A-HJKMNP-TV-Z]{26}$")
)

// session is what the steps share.
type session struct {
	fga    *client.OpenFgaClient
	model  client.ClientWriteAuthorizationModelRequest
	tuples []client.ClientTupleKey
}

func main() {
	s := session{fga: connect()}
	load("model.json", &s.model)
	load("tuples.json", &s.tuples)
	s.stores()
	s.models()
	s.writes()
	s.checks()
	s.batches()
	s.lists()
	s.users()
	s.expands()
	s.reads()
	s.deletes()
	s.changes()
	s.assertions()
	s.ends()
	fmt.Println("done")
}

func load(name string, into any) {
	text := must(os.ReadFile(filepath.Join(os.Args[1], name)))
	ok(json.Unmarshal(text, into))
}

func connect() *client.OpenFgaClient {
	configuration := client.ClientConfiguration{ApiUrl: os.Getenv("FGA_API_URL")}
	if issuer := os.Getenv("FGA_API_TOKEN_ISSUER"); issuer != "" {
		configuration.Credentials = &credentials.Credentials{
			Method: credentials.CredentialsMethodClientCredentials,
			Config: &credentials.Config{
				ClientCredentialsApiTokenIssuer: issuer,
				ClientCredentialsApiAudience:    os.Getenv("FGA_API_AUDIENCE"),
				ClientCredentialsClientId:       os.Getenv("FGA_CLIENT_ID"),
				ClientCredentialsClientSecret:   os.Getenv("FGA_CLIENT_SECRET"),
			},
		}
	}
	return must(client.NewSdkClient(&configuration))
}

func (s *session) stores() {
	store := must(s.fga.CreateStore(ctx).Body(client.ClientCreateStoreRequest{Name: "Go session"}).Execute())
	that(ulid.MatchString(store.Id), store.Id)
	ok(s.fga.SetStoreId(store.Id))
	equal(must(s.fga.GetStore(ctx).Execute()).Name, "Go session")
	name := "Go session"
	listed := must(s.fga.ListStores(ctx).Options(client.ClientListStoresOptions{Name: &name}).Execute())
	found := false
	for _, each := range listed.Stores {
		found = found || each.Id == store.Id
	}
	that(found, listed)
}

func (s *session) models() {
	written := must(s.fga.WriteAuthorizationModel(ctx).Body(s.model).Execute())
	that(ulid.MatchString(written.AuthorizationModelId), written)
	ok(s.fga.SetAuthorizationModelId(written.AuthorizationModelId))
	got := must(s.fga.ReadAuthorizationModel(ctx).Execute()).AuthorizationModel
	equal(got.Id, written.AuthorizationModelId)
	equal(len(got.TypeDefinitions), len(s.model.TypeDefinitions))
	equal((*got.Conditions)["in_hours"].Expression, (*s.model.Conditions)["in_hours"].Expression)
	latest := must(s.fga.ReadLatestAuthorizationModel(ctx).Execute()).AuthorizationModel
	equal(latest.Id, written.AuthorizationModelId)
	listed := must(s.fga.ReadAuthorizationModels(ctx).Execute()).AuthorizationModels
	equal(len(listed), 1)
}

func (s *session) writes() {
	must(s.fga.Write(ctx).Body(client.ClientWriteRequest{Writes: s.tuples}).Execute())
	again := client.ClientWriteRequest{Writes: s.tuples[:1]}
	_, err := s.fga.Write(ctx).Body(again).Execute()
	refused(err, openfga.ERRORCODE_WRITE_FAILED_DUE_TO_INVALID_INPUT)
	ignore := client.ClientWriteOptions{Conflict: client.ClientWriteConflictOptions{
		OnDuplicateWrites: client.CLIENT_WRITE_REQUEST_ON_DUPLICATE_WRITES_IGNORE,
	}}
	must(s.fga.Write(ctx).Body(again).Options(ignore).Execute())
	wrong := []client.ClientTupleKey{{User: "group:eng", Relation: "owner", Object: "order:1"}}
	_, err = s.fga.Write(ctx).Body(client.ClientWriteRequest{Writes: wrong}).Execute()
	refused(err, openfga.ERRORCODE_VALIDATION_ERROR)
}

func (s *session) check(request client.ClientCheckRequest) bool {
	return must(s.fga.Check(ctx).Body(request).Execute()).GetAllowed()
}

func ask(user, relation, object string) client.ClientCheckRequest {
	return client.ClientCheckRequest{User: user, Relation: relation, Object: object}
}

func (s *session) checks() {
	equal(s.check(ask(alice, "can_read", "order:1")), true)
	equal(s.check(ask(bob, "can_read", "order:1")), true)
	equal(s.check(ask(bob, "can_read", "order:2")), false)
	equal(s.check(ask(carol, "can_read", "order:4")), true)
	for hour, allowed := range map[int]bool{9: true, 17: false} {
		request := ask(carol, "can_read", "order:3")
		request.Context = &map[string]any{"hour": hour}
		equal(s.check(request), allowed)
	}
	_, err := s.fga.Check(ctx).Body(ask(carol, "can_read", "order:3")).Execute()
	refused(err, openfga.ERRORCODE_VALIDATION_ERROR)
	brought := ask(carol, "can_read", "order:1")
	brought.ContextualTuples = []client.ClientContextualTupleKey{{User: carol, Relation: "member", Object: "group:core"}}
	equal(s.check(brought), true)
	_, err = s.fga.Check(ctx).Body(ask(alice, "unheard_of", "order:1")).Execute()
	refused(err, openfga.ERRORCODE_VALIDATION_ERROR)
}

func (s *session) batches() {
	var body client.ClientBatchCheckRequest
	for at := 0; at < 120; at++ {
		body.Checks = append(body.Checks, client.ClientBatchCheckItem{
			User: [2]string{carol, bob}[at%2], Relation: "can_read", Object: "order:1",
			CorrelationId: fmt.Sprintf("check-%d", at),
		})
	}
	answers := *must(s.fga.BatchCheck(ctx).Body(body).Execute()).Result
	equal(len(answers), 120)
	for _, check := range body.Checks {
		answer := answers[check.CorrelationId]
		equal(answer.GetAllowed(), check.User == bob)
	}
	body.Checks = []client.ClientBatchCheckItem{
		{User: carol, Relation: "viewer", Object: "order:3", CorrelationId: "unclear"},
	}
	unclear := (*must(s.fga.BatchCheck(ctx).Body(body).Execute()).Result)["unclear"]
	equal(*unclear.Error.InputError, openfga.ERRORCODE_VALIDATION_ERROR)
	one := client.ClientBatchCheckClientBody{ask(alice, "can_sign", "order:1"), ask(bob, "can_sign", "order:1")}
	for _, answer := range *must(s.fga.ClientBatchCheck(ctx).Body(one).Execute()) {
		ok(answer.Error)
		equal(answer.GetAllowed(), answer.Request.User == alice)
	}
}

func (s *session) lists() {
	question := client.ClientListObjectsRequest{User: bob, Relation: "can_read", Type: "order"}
	objects := must(s.fga.ListObjects(ctx).Body(question).Execute()).Objects
	same(objects, "order:1", "order:4")
	stream := must(s.fga.StreamedListObjects(ctx).Body(client.ClientStreamedListObjectsRequest(question)).Execute())
	defer stream.Close()
	var streamed []string
	for found := range stream.Objects {
		streamed = append(streamed, found.Object)
	}
	ok(<-stream.Errors)
	same(streamed, "order:1", "order:4")
	wanted := []string{"owner", "blocked", "can_read", "can_sign"}
	relations := client.ClientListRelationsRequest{User: alice, Object: "order:1", Relations: wanted}
	same(must(s.fga.ListRelations(ctx).Body(relations).Execute()).Relations, "can_read", "can_sign", "owner")
}

func (s *session) users() {
	list := func(id, relation string, filter openfga.UserTypeFilter) []string {
		var names []string
		for _, user := range must(s.fga.ListUsers(ctx).Body(client.ClientListUsersRequest{
			Object:      openfga.FgaObject{Type: "order", Id: id},
			Relation:    relation,
			UserFilters: []openfga.UserTypeFilter{filter},
			Context:     &map[string]any{"hour": 12},
		}).Execute()).Users {
			switch {
			case user.Object != nil:
				names = append(names, user.Object.Type+":"+user.Object.Id)
			case user.Wildcard != nil:
				names = append(names, user.Wildcard.Type+":*")
			default:
				names = append(names, user.Userset.Type+":"+user.Userset.Id+"#"+user.Userset.Relation)
			}
		}
		return names
	}
	member := "member"
	same(list("1", "can_read", openfga.UserTypeFilter{Type: "user"}), alice, bob)
	same(list("4", "can_read", openfga.UserTypeFilter{Type: "user"}), "user:*")
	same(list("1", "viewer", openfga.UserTypeFilter{Type: "group", Relation: &member}), "group:core#member", "group:eng#member")
}

func (s *session) expands() {
	root := must(s.fga.Expand(ctx).Body(client.ClientExpandRequest{Relation: "can_read", Object: "order:1"}).Execute()).Tree.Root
	equal(root.Name, "order:1#can_read")
	equal(root.Difference.Base.Leaf.Computed.Userset, "order:1#viewer")
	equal(root.Difference.Subtract.Leaf.Computed.Userset, "order:1#blocked")
}

func (s *session) reads() {
	var found []openfga.Tuple
	size := int32(5)
	token := ""
	for {
		options := client.ClientReadOptions{PageSize: &size, ContinuationToken: &token}
		page := must(s.fga.Read(ctx).Body(client.ClientReadRequest{}).Options(options).Execute())
		found = append(found, page.Tuples...)
		if token = page.ContinuationToken; token == "" {
			break
		}
	}
	equal(len(found), len(s.tuples))
	user, relation, object := carol, "viewer", "order:3"
	key := client.ClientReadRequest{User: &user, Relation: &relation, Object: &object}
	conditional := must(s.fga.Read(ctx).Body(key).Execute()).Tuples[0]
	equal(*conditional.Key.Condition.Context, map[string]any{"from": 9.0, "to": 17.0})
	that(time.Since(conditional.Timestamp) < time.Hour, conditional.Timestamp)
}

func (s *session) deletes() {
	gone := []client.ClientTupleKeyWithoutCondition{{User: bob, Relation: "member", Object: "group:core"}}
	must(s.fga.DeleteTuples(ctx).Body(gone).Execute())
	equal(s.check(ask(bob, "can_read", "order:1")), false)
	_, err := s.fga.DeleteTuples(ctx).Body(gone).Execute()
	refused(err, openfga.ERRORCODE_WRITE_FAILED_DUE_TO_INVALID_INPUT)
	ignore := client.ClientWriteOptions{Conflict: client.ClientWriteConflictOptions{
		OnMissingDeletes: client.CLIENT_WRITE_REQUEST_ON_MISSING_DELETES_IGNORE,
	}}
	must(s.fga.DeleteTuples(ctx).Body(gone).Options(ignore).Execute())
}

func (s *session) changes() {
	var seen []string
	size := int32(2)
	token := ""
	for {
		options := client.ClientReadChangesOptions{PageSize: &size, ContinuationToken: &token}
		page := must(s.fga.ReadChanges(ctx).Body(client.ClientReadChangesRequest{Type: "group"}).Options(options).Execute())
		if len(page.Changes) == 0 {
			break
		}
		for _, change := range page.Changes {
			seen = append(seen, string(change.Operation)+" "+change.TupleKey.User)
		}
		token = *page.ContinuationToken
	}
	equal(seen, []string{
		"TUPLE_OPERATION_WRITE group:core#member",
		"TUPLE_OPERATION_WRITE user:bob",
		"TUPLE_OPERATION_DELETE user:bob",
	})
}

func (s *session) assertions() {
	wanted := client.ClientWriteAssertionsRequest{
		{User: alice, Relation: "can_read", Object: "order:1", Expectation: true},
		{User: bob, Relation: "can_sign", Object: "order:1", Expectation: false},
	}
	must(s.fga.WriteAssertions(ctx).Body(wanted).Execute())
	got := *must(s.fga.ReadAssertions(ctx).Execute()).Assertions
	equal(len(got), 2)
	for at, each := range got {
		equal(each.TupleKey.User, wanted[at].User)
		equal(each.Expectation, wanted[at].Expectation)
	}
}

func (s *session) ends() {
	must(s.fga.DeleteStore(ctx).Execute())
	_, err := s.fga.GetStore(ctx).Execute()
	var missing openfga.FgaApiNotFoundError
	that(errors.As(err, &missing), err)
	equal(missing.ResponseCode(), openfga.NOTFOUNDERRORCODE_STORE_ID_NOT_FOUND)
}

func refused(err error, code openfga.ErrorCode) {
	var invalid openfga.FgaApiValidationError
	that(errors.As(err, &invalid), fmt.Sprintf("not refused as invalid: %v", err))
	equal(invalid.ResponseCode(), code)
}

func must[T any](value T, err error) T {
	ok(err)
	return value
}

func ok(err error) {
	if err != nil {
		panic(err)
	}
}

func that(holds bool, seen any) {
	if !holds {
		panic(fmt.Sprintf("unexpected: %+v", seen))
	}
}

func equal[T any](got, wanted T) {
	if !reflect.DeepEqual(got, wanted) {
		panic(fmt.Sprintf("got %+v, wanted %+v", got, wanted))
	}
}

func same(got []string, wanted ...string) {
	sort.Strings(got)
	equal(got, wanted)
}
