//! Errors of the permission API: OpenFGA's codes, their numbers, and the statuses that follow.

use std::borrow::Cow;

use super::continuation::BadToken;

/// OpenFGA's error codes, with their numbers. The band of a number decides the status: 1xxx is
/// 401, 2xxx is 400, 4xxx is 500 and 5xxx is 404.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u16)]
pub(crate) enum Code {
    /// The bearer token is not one of ours, or not good any more.
    InvalidBearerToken = 1005,
    /// The bearer token is for another API.
    InvalidAudience = 1002,
    /// There is no bearer token.
    BearerTokenMissing = 1010,
    /// The token may not do this. It leaves as 401, as OpenFGA's does.
    Forbidden = 1600,
    /// Anything of the request.
    ValidationError = 2000,
    /// The store has no such model.
    ModelNotFound = 2001,
    /// A limit was reached before there was an answer.
    TooComplex = 2002,
    /// A write that writes nothing.
    InvalidWriteInput = 2003,
    /// A tuple twice in one write.
    DuplicateTuples = 2004,
    /// The continuation token was not made by this server for this question.
    InvalidContinuationToken = 2007,
    /// An expansion of nothing.
    InvalidExpandInput = 2010,
    /// A tuple that exists, or one that does not.
    WriteFailed = 2017,
    /// The store has no model at all.
    LatestModelNotFound = 2020,
    /// The model has no such type.
    TypeNotFound = 2021,
    /// The type has no such relation.
    RelationNotFound = 2022,
    /// A contextual tuple that the model doesn't allow.
    InvalidTuple = 2027,
    /// More assertions than one model may have.
    AssertionsTooMany = 2033,
    /// The question has no tuple key.
    TupleKeyMissing = 2037,
    /// The size of a page is out of its bounds.
    PageSizeInvalid = 2039,
    /// A difference without what it subtracts from.
    DifferenceBaseMissing = 2041,
    /// A difference without what it subtracts.
    SubtractBaseMissing = 2042,
    /// The name of an object is too long.
    ObjectTooLong = 2043,
    /// The name of a relation is too long.
    RelationTooLong = 2044,
    /// A model without types.
    TypeDefinitionsTooFew = 2045,
    /// The name of a type is none.
    TypeInvalidPattern = 2047,
    /// The name of a relation in a model is none.
    RelationsInvalidPattern = 2050,
    /// The continuation token was made for another type.
    TokenTypeMismatch = 2052,
    /// More of something than one request may have.
    ExceededEntityLimit = 2053,
    /// The model is none.
    InvalidModel = 2056,
    /// The moment to start from can't be one.
    InvalidStartTime = 2059,
    /// The server failed.
    InternalError = 4000,
    /// The server can't answer now.
    Unavailable = 4010,
    /// No such route.
    UndefinedEndpoint = 5000,
    /// No such store.
    StoreNotFound = 5002,
    /// The route doesn't take this method.
    Unimplemented = 5004,
    /// Two writes met, or a precondition doesn't hold. gRPC's own code, which OpenFGA passes on.
    Aborted = 10,
}

/// What a gRPC client sees of an error: <https://grpc.io/docs/guides/status-codes/>.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Band {
    /// 401
    Unauthenticated,
    /// 400
    InvalidArgument,
    /// 409
    Aborted,
    /// 500
    Internal,
    /// 503: unlike OpenFGA's 500, so that proxies know it, too; SDKs try both again.
    Unavailable,
    /// 404
    NotFound,
}

/// Why a request was refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ApiError {
    pub(crate) code: Code,
    pub(crate) message: Cow<'static, str>,
}

impl Code {
    /// Its number.
    pub(crate) const fn number(self) -> u16 {
        self as u16
    }

    /// Its name on the wire.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::InvalidBearerToken => "auth_failed_invalid_bearer_token",
            Self::InvalidAudience => "auth_failed_invalid_audience",
            Self::BearerTokenMissing => "bearer_token_missing",
            Self::Forbidden => "forbidden",
            Self::ValidationError => "validation_error",
            Self::ModelNotFound => "authorization_model_not_found",
            Self::TooComplex => "authorization_model_resolution_too_complex",
            Self::InvalidWriteInput => "invalid_write_input",
            Self::DuplicateTuples => "cannot_allow_duplicate_tuples_in_one_request",
            Self::InvalidContinuationToken => "invalid_continuation_token",
            Self::InvalidExpandInput => "invalid_expand_input",
            Self::WriteFailed => "write_failed_due_to_invalid_input",
            Self::LatestModelNotFound => "latest_authorization_model_not_found",
            Self::TypeNotFound => "type_not_found",
            Self::RelationNotFound => "relation_not_found",
            Self::InvalidTuple => "invalid_tuple",
            Self::AssertionsTooMany => "assertions_too_many_items",
            Self::TupleKeyMissing => "tuple_key_value_not_specified",
            Self::PageSizeInvalid => "page_size_invalid",
            Self::DifferenceBaseMissing => "difference_base_missing_value",
            Self::SubtractBaseMissing => "subtract_base_missing_value",
            Self::ObjectTooLong => "object_too_long",
            Self::RelationTooLong => "relation_too_long",
            Self::TypeDefinitionsTooFew => "type_definitions_too_few_items",
            Self::TypeInvalidPattern => "type_invalid_pattern",
            Self::RelationsInvalidPattern => "relations_invalid_pattern",
            Self::TokenTypeMismatch => "query_string_type_continuation_token_mismatch",
            Self::ExceededEntityLimit => "exceeded_entity_limit",
            Self::InvalidModel => "invalid_authorization_model",
            Self::InvalidStartTime => "invalid_start_time",
            Self::InternalError => "internal_error",
            Self::Unavailable => "unavailable",
            Self::UndefinedEndpoint => "undefined_endpoint",
            Self::StoreNotFound => "store_id_not_found",
            Self::Unimplemented => "unimplemented",
            Self::Aborted => "Aborted",
        }
    }

    pub(crate) const fn band(self) -> Band {
        match self.number() {
            10 => Band::Aborted,
            1000..=1999 => Band::Unauthenticated,
            2000..=3499 => Band::InvalidArgument,
            4010 => Band::Unavailable,
            5000.. => Band::NotFound,
            _ => Band::Internal,
        }
    }

    /// The status over HTTP.
    pub(crate) const fn status(self) -> u16 {
        match self.band() {
            Band::Unauthenticated => 401,
            Band::InvalidArgument => 400,
            Band::Aborted => 409,
            Band::Internal => 500,
            Band::Unavailable => 503,
            Band::NotFound => 404,
        }
    }
}

impl ApiError {
    pub(crate) fn new(code: Code, message: impl Into<Cow<'static, str>>) -> Self {
        Self { code, message: message.into() }
    }

    /// 2000: whatever has no code of its own.
    pub(crate) fn validation(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(Code::ValidationError, message)
    }

    pub(crate) fn too_complex() -> Self {
        Self::new(
            Code::TooComplex,
            "Authorization Model resolution required too many rewrite rules to be resolved. Check \
             your authorization model for infinite recursion or too much nesting",
        )
    }

    pub(crate) fn store_not_found() -> Self {
        Self::new(Code::StoreNotFound, "Store ID not found")
    }

    pub(crate) fn model_not_found(id: &str) -> Self {
        Self::new(Code::ModelNotFound, format!("Authorization Model '{id}' not found"))
    }

    pub(crate) fn no_model(store: &str) -> Self {
        let message = format!("No authorization models found for store '{store}'");
        Self::new(Code::LatestModelNotFound, message)
    }

    pub(crate) fn type_not_found(name: &str) -> Self {
        Self::new(Code::TypeNotFound, format!("type '{name}' not found"))
    }

    pub(crate) fn relation_not_found(type_name: &str, relation: &str) -> Self {
        let message = format!("relation '{type_name}#{relation}' not found");
        Self::new(Code::RelationNotFound, message)
    }

    pub(crate) fn exceeded(entity: &str, limit: usize) -> Self {
        let message = format!("The number of {entity} exceeds the allowed limit of {limit}");
        Self::new(Code::ExceededEntityLimit, message)
    }

    pub(crate) fn continuation_token() -> Self {
        Self::new(Code::InvalidContinuationToken, "Invalid continuation token")
    }

    /// What the caller can't mend. The cause is logged where it happened.
    pub(crate) fn internal() -> Self {
        Self::new(Code::InternalError, "Internal Server Error")
    }

    pub(crate) fn unavailable() -> Self {
        Self::new(Code::Unavailable, "the server can't answer at the moment; try again")
    }

    /// A message of the schema, as OpenFGA's validator words it: `invalid Message.Field: reason`.
    pub(crate) fn schema(message: &str, field: &str, reason: &str) -> Self {
        let code = match field {
            "TupleKey" if reason == REQUIRED => Code::TupleKeyMissing,
            "Base" if reason == REQUIRED => Code::DifferenceBaseMissing,
            "Subtract" if reason == REQUIRED => Code::SubtractBaseMissing,
            "PageSize" if reason.starts_with("value must be inside range") => Code::PageSizeInvalid,
            "Assertions" if reason.starts_with("value must contain no more than") => {
                Code::AssertionsTooMany
            }
            "TypeDefinitions" if reason.starts_with("value must contain at least") => {
                Code::TypeDefinitionsTooFew
            }
            "Type" if reason.starts_with(PATTERN) => Code::TypeInvalidPattern,
            "Object" if reason.starts_with(TOO_LONG) => Code::ObjectTooLong,
            "Relation" if reason.starts_with(TOO_LONG) => Code::RelationTooLong,
            field if field.starts_with("Relations[") && reason.starts_with(PATTERN) => {
                Code::RelationsInvalidPattern
            }
            _ => Code::ValidationError,
        };
        Self::new(code, format!("invalid {message}.{field}: {reason}"))
    }
}

/// The reason for something that is missing.
pub(crate) const REQUIRED: &str = "value is required";

const PATTERN: &str = "value does not match regex pattern";

const TOO_LONG: &str = "value length must be at most";

impl From<BadToken> for ApiError {
    fn from(bad: BadToken) -> Self {
        match bad {
            BadToken::Foreign => Self::continuation_token(),
            BadToken::OtherType => Self::new(
                Code::TokenTypeMismatch,
                "The type in the querystring and the continuation token don't match",
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_band_of_a_code_decides_its_status() {
        let check = |code: Code, expected: (u16, u16)| {
            assert_eq!((code.number(), code.status()), expected, "{}", code.name());
        };
        check(Code::BearerTokenMissing, (1010, 401));
        check(Code::Forbidden, (1600, 401));
        check(Code::ValidationError, (2000, 400));
        check(Code::InvalidStartTime, (2059, 400));
        check(Code::InternalError, (4000, 500));
        check(Code::Unavailable, (4010, 503));
        check(Code::StoreNotFound, (5002, 404));
        check(Code::Aborted, (10, 409));
    }

    #[test]
    fn the_schema_names_field_and_reason() {
        let check = |field: &str, reason: &str, expected: Code| {
            let error = ApiError::schema("CheckRequest", field, reason);
            assert_eq!(error.code, expected);
            assert_eq!(error.message, format!("invalid CheckRequest.{field}: {reason}"));
        };
        check("TupleKey", REQUIRED, Code::TupleKeyMissing);
        check("TupleKeys", REQUIRED, Code::ValidationError);
        check("PageSize", "value must be inside range [1, 100]", Code::PageSizeInvalid);
        check("Type", "value does not match regex pattern \"x\"", Code::TypeInvalidPattern);
        check("User", "value does not match regex pattern \"x\"", Code::ValidationError);
        check("Relations[a b]", "value does not match regex pattern \"x\"", {
            Code::RelationsInvalidPattern
        });
    }
}
