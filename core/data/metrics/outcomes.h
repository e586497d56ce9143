// What metrics compare: predictions beside what was expected, one struct for each form that answers can have.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <variant>
#include <vector>

namespace diapason {

/// One class of several for each item.
struct ClassOutcomes {
    std::vector<std::int64_t> predicted; ///< 0 … classes-1; any other number is an answer that is no class of the task
    std::vector<std::int64_t> expected;
    std::int64_t classes = 0;
    std::vector<std::string> names = {}; ///< of the classes, by number; empty = they are called by their numbers
    std::size_t items() const { return predicted.size(); }
};

/// A text for each item beside the texts that would be right.
struct TextOutcomes {
    std::vector<std::string> hypotheses;
    std::vector<std::vector<std::string>> references; ///< at least one of each item; their number may differ
    std::size_t items() const { return hypotheses.size(); }
};

/// A number for each item: regression.
struct NumberOutcomes {
    std::vector<double> predicted, expected;
    std::size_t items() const { return predicted.size(); }
};

/// A tag for each token of an item: "B-PER", "O".
struct TagOutcomes {
    std::vector<std::vector<std::string>> predicted, expected; ///< as many tags of an item in both
    std::size_t items() const { return predicted.size(); }
};

/// Some of several choices for each item: several labels, or the right answers of a question (MultiRC).
struct SetOutcomes {
    std::vector<std::vector<std::int64_t>> predicted, expected; ///< numbers of what was chosen, each once
    std::vector<std::int64_t> choices;                          ///< how many each item offers; empty = nobody knows
    std::size_t items() const { return predicted.size(); }
};

/// The place of the right answer among ranked candidates, for each item: cloze, retrieval.
struct RankOutcomes {
    std::vector<std::int64_t> ranks;      ///< from 1; 0 = not among the candidates
    std::vector<std::string> groups = {}; ///< of each item, a relation of LAMA; empty = one group
    std::size_t items() const { return ranks.size(); }
};

/// How sure a model was of each answer, and whether it was right.
struct ConfidenceOutcomes {
    std::vector<double> confidence;  ///< probability of the answer given, 0 … 1
    std::vector<std::uint8_t> right; ///< 1 or 0
    std::size_t items() const { return confidence.size(); }
};

/// What a language model made of each sequence.
struct LikelihoodOutcomes {
    std::vector<double> log_likelihood; ///< sum of log p over the tokens, in nats
    std::vector<std::int64_t> tokens;
    std::size_t items() const { return tokens.size(); }
};

using Outcomes = std::variant<ClassOutcomes, TextOutcomes, NumberOutcomes, TagOutcomes, SetOutcomes, RankOutcomes,
                              ConfidenceOutcomes, LikelihoodOutcomes>;
/// In the order of Outcomes.
enum class OutcomeKind { classes, texts, numbers, tags, sets, ranks, confidences, likelihoods };

/// "texts", in messages.
const char* name_of(OutcomeKind kind);

} // namespace diapason
