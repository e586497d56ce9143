// Prompting: what a language model is asked, with demonstrations in front, and which class its answer is.
#pragma once

#include "core/eval/candidates.h"
#include "experiments/engine/demonstrations.h"

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace diapason {

/// Puts a run's questions together: special tokens, demonstrations with their answers, the question, the trained rows
/// of a template. One for each run; the model's prompt in front of everything is the model's own.
class Asking {
public:
    /// @param limit only the first examples of the training split are demonstrations; 0 = all
    Asking(TaskData& data, Model& model, const AskingOptions& options, std::uint64_t seed, std::int64_t limit);

    /// Whether the answer is one of given texts; else it is free.
    bool chooses() const { return m_chooses; }
    /// Whether a run's model is asked at all. @param in_words answers_in_words
    static bool wanted(const Task& task, const AskingOptions& options, bool in_words);

    /// The question with its right answer, labels on the answer's tokens.
    Sequence training_sequence(const std::string& split, std::size_t item);
    /// What a text is written behind: decoder input, or the input of an encoder-decoder's encoder.
    std::vector<std::int64_t> prompt(const std::string& split, std::size_t item);
    /// What the model finds of every choice, member after member of an ensemble.
    struct Answers {
        at::Tensor scores; ///< [members · items, most choices]: log p, or calibrated, −∞ where an item has fewer;
                           ///< undefined when it was stopped
        double loss_sum = 0;         ///< −log p of the right answers: the training loss
        std::int64_t loss_count = 0; ///< their tokens
    };
    /// Without gradients.
    Answers answers(const std::string& split, const std::vector<std::int64_t>& items,
                    const std::function<bool()>& stop);
    /// Tokens of a question as it is read.
    std::int64_t length(const std::string& split, std::size_t item) { return std::ssize(prompt(split, item)); }
    /// Whether demonstrations have found no room in front of some question.
    bool dropped() const { return m_dropped; }

private:
    /// In front of the blank, and behind it (masked models only).
    struct Text {
        std::vector<std::int64_t> before, behind;
    };
    Text compose(const std::vector<std::size_t>& demonstrations, const Question& question, std::size_t answer);
    Text text_of(const std::string& split, std::size_t item);
    const std::vector<std::int64_t>& demonstration(std::size_t item);
    const Question& question(const std::string& split, std::size_t item);
    std::vector<std::int64_t> answer(const std::string& split, std::size_t item);
    using Choices = std::vector<std::vector<std::int64_t>>;
    const Choices& choices(const std::string& split, std::size_t item);
    static std::size_t longest(const Choices& choices);
    /// The longest answer that has to find room behind an item's question.
    std::size_t room_of_answer(const std::string& split, std::size_t item);
    /// [questions, most choices]; undefined when it was stopped.
    at::Tensor scored(const std::vector<CandidateQuestion>& questions, const std::function<bool()>& stop) const;
    /// What the model answers to questions without content (Zhao et al. 2021) with these choices behind these
    /// demonstrations.
    at::Tensor prior(const std::vector<std::size_t>& demonstrations, const Choices& choices,
                     const std::function<bool()>& stop);

    TaskData& m_data;
    Model& m_model;
    Task m_task; ///< with the method's own question where it has one
    Demonstrations m_demonstrations;
    std::size_t m_demonstration_room;
    CandidateOptions m_scoring;
    bool m_calibrated = false;
    std::vector<std::int64_t> m_lead, m_tail, m_separator; ///< special tokens around a text; between demonstrations
    bool m_chooses = false;
    std::optional<Choices> m_choices;                          ///< the same for all items
    std::map<std::string, std::vector<Choices>> m_own_choices; ///< of the items; empty = not yet
    std::size_t m_longest_answer = 0;                          ///< of the same choices, and of what is written
    std::map<std::size_t, std::vector<std::int64_t>> m_told;   ///< demonstrations in tokens
    std::map<std::string, std::vector<Question>> m_questions;  ///< of the splits; empty in front = not yet
    std::map<std::pair<std::vector<std::size_t>, Choices>, at::Tensor> m_priors;
    bool m_dropped = false;
};

} // namespace diapason
