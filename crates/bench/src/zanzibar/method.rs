//! How the permission engine is measured, in words.

/// The last part of `docs/benchmarks.md`.
pub(crate) const METHOD: &str = "
### The permission engine

- One generator makes the world from a seed: users, groups, folders and documents as 10 : 1 : 10 : \
100, groups in groups six deep, folders in folders twelve deep, members of groups by Zipf's law, \
grants by Pareto's, 1 % of the documents public, from 0.5 % somebody banned.
  The model is `crates/bench/src/zanzibar/drive.fga`: viewers, owners and whoever may view the \
folder, but not the banned.
- Half of the questions are allowed and half denied; they come from a fifth of the users.
  Every engine's decisions are compared with the right ones, and a single wrong one ends the run; \
the raw file has their hashes.
- In process each question is timed by itself, the clock included, in five passes of which the \
quietest counts: the targets are those of a quiet core.
  Checks per second by names are one over its mean.
  By names: read just before, as a request's are, and looked up within; by handles: looked up \
before too, which is what the plain probe's numbers are.
- The plain probe has numbers instead of names, the standard library's hash maps and the model \
written out by hand, depth first.
  The recursive query walks the user's groups and the document's folders by index; PostgreSQL has \
both cores, 2 GiB of cache and one client.
- Conditions: 5 % of the tuples have one, each with a context of its own, and every question brings \
its context and five contextual tuples.
- OpenFGA's server runs with the settings that it comes with, except that lists are not cut short \
and that it logs errors only.
  It has the server's core; its PostgreSQL may use both.
  Its memory store looks for a tuple by looking at all of them, so it is compared on 10,000 tuples.
- Memory: what a process grows by, resident, when it loads the snapshot; 36 bytes for each id are \
taken off.
- Restart: from starting the server until it says that everything is in memory; questions are asked \
all the while, and each must be answered rightly.
- Writes: at the store, without HTTP; each client waits for its own before it sends the next.
- Writes beside checks are sent when they are due; the time counts from then to the answer of a \
check that allows what was written.
  Both loads share a core; the checks are sent at the lowest priority, since a writer that waits \
for its own core says nothing about the server.
- SpiceDB's server is a Go module too; the module mirror in use when this was written did not serve \
it, so it is not in the table.
";
