//! What can be limited?

macro_rules! limit_kinds {
    ($($(#[doc = $doc:literal])* $variant:ident = $code:literal $word:literal $sentence:literal,)*) => {
        /// What is limited.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum LimitKind { $($(#[doc = $doc])* $variant,)* }

        impl LimitKind {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$variant,)*];

            /// The word in JSON and in the audit log.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word,)* }
            }

            /// For people.
            pub const fn sentence(self) -> &'static str {
                match self { $(Self::$variant => $sentence,)* }
            }

            /// The number under which counters are kept.
            pub const fn code(self) -> u8 {
                match self { $(Self::$variant => $code,)* }
            }
        }
    };
}

limit_kinds! {
    /// Failures for one identifier from one network.
    Pair = 1 "identifier_and_network" "one identifier from one network",
    /// Failures for one identifier.
    Identifier = 2 "identifier" "one identifier from all networks",
    /// Failures for one identifier from a network from which it was logged in.
    KnownNetwork = 3 "known_network" "one identifier from a network that is known",
    /// Failures at one device from which it was logged in.
    KnownDevice = 4 "known_device" "one device that is known",
    /// Failures from one address or /64.
    Address = 5 "address" "one address",
    /// Failures from one /24 or /48.
    Network = 6 "network" "one network",
    /// Different identifiers from one address or /64.
    IdentifiersOfAddress = 7 "identifiers_of_address" "many identifiers from one address",
    /// Different identifiers with one password.
    IdentifiersOfPassword = 8 "identifiers_of_password" "one password for many identifiers",
    /// Failures at one node.
    Node = 9 "node" "everything at this node",
    /// Registrations from one address or /64.
    Registrations = 10 "registrations" "registrations from one address",
    /// Tokens that are nobody's, from one address or /64.
    Junk = 11 "foreign_tokens" "tokens of nobody from one address",
    /// Mails that were asked for from one address or /64.
    Mails = 14 "mails" "mails asked for from one address",
    /// Mails that were asked for from one /24 or /48.
    MailsOfNetwork = 15 "mails_of_network" "mails asked for from one network",
    /// Different identifiers from one address or /64 from which all of them were logged in.
    KnownOfAddress = 12 "known_identifiers_of_address" "many known identifiers from one address",
    /// Different identifiers with one password, from where they are known.
    KnownOfPassword = 13 "known_identifiers_of_password" "one password for many known identifiers",
}

impl LimitKind {
    /// Whether somebody tries what was stolen elsewhere, or one password everywhere.
    pub const fn is_stuffing(self) -> bool {
        matches!(
            self,
            Self::IdentifiersOfAddress
                | Self::IdentifiersOfPassword
                | Self::KnownOfAddress
                | Self::KnownOfPassword
        )
    }

    /// Whether nobody has to wait for it: it is only told.
    pub const fn is_only_told(self) -> bool {
        matches!(self, Self::KnownOfAddress | Self::KnownOfPassword)
    }

    /// The kind with that word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|kind| kind.as_str() == word)
    }
}
