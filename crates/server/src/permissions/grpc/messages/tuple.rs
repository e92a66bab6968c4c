//! Tuples, users and trees.

use super::known::{Struct, Timestamp};

/// An object in two parts.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct Object {
    #[prost(string, tag = "1")]
    pub(crate) r#type: String,
    #[prost(string, tag = "2")]
    pub(crate) id: String,
}

/// Everybody who has a relation to an object.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct UsersetUser {
    #[prost(string, tag = "1")]
    pub(crate) r#type: String,
    #[prost(string, tag = "2")]
    pub(crate) id: String,
    #[prost(string, tag = "3")]
    pub(crate) relation: String,
}

/// Everybody of a type.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct TypedWildcard {
    #[prost(string, tag = "1")]
    pub(crate) r#type: String,
}

/// A user of a list.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct User {
    #[prost(oneof = "user::User", tags = "1, 2, 3")]
    pub(crate) user: Option<user::User>,
}

/// Which users are asked for.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct UserTypeFilter {
    #[prost(string, tag = "1")]
    pub(crate) r#type: String,
    #[prost(string, tag = "2")]
    pub(crate) relation: String,
}

/// The condition of a tuple.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct RelationshipCondition {
    #[prost(string, tag = "1")]
    pub(crate) name: String,
    #[prost(message, optional, tag = "2")]
    pub(crate) context: Option<Struct>,
}

/// A tuple.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct TupleKey {
    #[prost(string, tag = "1")]
    pub(crate) user: String,
    #[prost(string, tag = "2")]
    pub(crate) relation: String,
    #[prost(string, tag = "3")]
    pub(crate) object: String,
    #[prost(message, optional, tag = "4")]
    pub(crate) condition: Option<RelationshipCondition>,
}

/// A tuple without what is said about it.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct PlainTupleKey {
    #[prost(string, tag = "1")]
    pub(crate) user: String,
    #[prost(string, tag = "2")]
    pub(crate) relation: String,
    #[prost(string, tag = "3")]
    pub(crate) object: String,
}

/// A stored tuple.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct Tuple {
    #[prost(message, optional, tag = "1")]
    pub(crate) key: Option<TupleKey>,
    #[prost(message, optional, tag = "2")]
    pub(crate) timestamp: Option<Timestamp>,
}

/// Tuples for one question.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct ContextualTupleKeys {
    #[prost(message, repeated, tag = "1")]
    pub(crate) tuple_keys: Vec<TupleKey>,
}

/// One change.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct TupleChange {
    #[prost(message, optional, tag = "1")]
    pub(crate) tuple_key: Option<TupleKey>,
    #[prost(int32, tag = "2")]
    pub(crate) operation: i32,
    #[prost(message, optional, tag = "3")]
    pub(crate) timestamp: Option<Timestamp>,
}

/// The tree of an expansion.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct UsersetTree {
    #[prost(message, optional, tag = "1")]
    pub(crate) root: Option<Node>,
}

/// A node of it.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct Node {
    #[prost(string, tag = "1")]
    pub(crate) name: String,
    #[prost(oneof = "node::Value", tags = "2, 5, 6, 7")]
    pub(crate) value: Option<node::Value>,
}

/// Several nodes.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct Nodes {
    #[prost(message, repeated, tag = "1")]
    pub(crate) nodes: Vec<Node>,
}

/// One without the other.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct TreeDifference {
    #[prost(message, optional, boxed, tag = "1")]
    pub(crate) base: Option<Box<Node>>,
    #[prost(message, optional, boxed, tag = "2")]
    pub(crate) subtract: Option<Box<Node>>,
}

/// A leaf.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct Leaf {
    #[prost(oneof = "leaf::Value", tags = "1, 2, 3")]
    pub(crate) value: Option<leaf::Value>,
}

/// Named users.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct Users {
    #[prost(string, repeated, tag = "1")]
    pub(crate) users: Vec<String>,
}

/// A userset.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct Computed {
    #[prost(string, tag = "1")]
    pub(crate) userset: String,
}

/// Usersets by way of a tupleset.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct TreeTupleToUserset {
    #[prost(string, tag = "1")]
    pub(crate) tupleset: String,
    #[prost(message, repeated, tag = "2")]
    pub(crate) computed: Vec<Computed>,
}

/// The question of an assertion.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct AssertionTupleKey {
    #[prost(string, tag = "1")]
    pub(crate) object: String,
    #[prost(string, tag = "2")]
    pub(crate) relation: String,
    #[prost(string, tag = "3")]
    pub(crate) user: String,
}

/// What a model's author expects of it.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct Assertion {
    #[prost(message, optional, tag = "1")]
    pub(crate) tuple_key: Option<AssertionTupleKey>,
    #[prost(bool, tag = "2")]
    pub(crate) expectation: bool,
    #[prost(message, repeated, tag = "3")]
    pub(crate) contextual_tuples: Vec<TupleKey>,
    #[prost(message, optional, tag = "4")]
    pub(crate) context: Option<Struct>,
}

pub(crate) mod user {
    use super::{Object, TypedWildcard, UsersetUser};

    /// What a user is.
    #[derive(Clone, PartialEq, prost::Oneof)]
    pub(crate) enum User {
        #[prost(message, tag = "1")]
        Object(Object),
        #[prost(message, tag = "2")]
        Userset(UsersetUser),
        #[prost(message, tag = "3")]
        Wildcard(TypedWildcard),
    }
}

pub(crate) mod node {
    use super::{Leaf, Nodes, TreeDifference};

    /// What a node is.
    #[derive(Clone, PartialEq, prost::Oneof)]
    pub(crate) enum Value {
        #[prost(message, tag = "2")]
        Leaf(Leaf),
        #[prost(message, tag = "5")]
        Difference(TreeDifference),
        #[prost(message, tag = "6")]
        Union(Nodes),
        #[prost(message, tag = "7")]
        Intersection(Nodes),
    }
}

pub(crate) mod leaf {
    use super::{Computed, TreeTupleToUserset, Users};

    /// What a leaf is.
    #[derive(Clone, PartialEq, prost::Oneof)]
    pub(crate) enum Value {
        #[prost(message, tag = "1")]
        Users(Users),
        #[prost(message, tag = "2")]
        Computed(Computed),
        #[prost(message, tag = "3")]
        TupleToUserset(TreeTupleToUserset),
    }
}
