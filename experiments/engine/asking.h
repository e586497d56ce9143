// Prompting: what a language model is asked, with demonstrations in front, and which class its answer is.
#pragma once

#include "core/eval/candidates.h"
#include "experiments/engine/demonstrations.h"

#include <functional>
#include <map>
#include <string>
#include <vector>

namespace diapason {

/// Puts a run's questions together: special tokens, demonstrations with their answers, the question, the trained rows
/// of a template. One for each run; the model's prompt in front of everything is the model's own.
class Asking {
public:
    /// @param limit only the first examples of the training split are demonstrations; 0 = all
    Asking(TaskData& data, Model& model, const AskingOptions& options, std::uint64_t seed, std::int64_t limit);

    /// Whether the answer is one of the labels' words; else a text is written.
    bool chooses() const { return !m_words.empty(); }
    /// Whether a run's model is asked at all. @param in_words answers_in_words
    static bool wanted(const AskingOptions& options, bool in_words);

    /// The question with its right answer, labels on the answer's tokens.
    Sequence training_sequence(const std::string& split, std::size_t item);
    /// What a text is written behind: decoder input, or the input of an encoder-decoder's encoder.
    std::vector<std::int64_t> prompt(const std::string& split, std::size_t item);
    /// What the model finds of every class's words, member after member of an ensemble.
    struct Answers {
        at::Tensor scores;   ///< [members · items, classes]: log p, or calibrated; undefined when it was stopped
        double loss_sum = 0; ///< −log p of the right answers: the training loss
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
    CandidateQuestion candidates(Text text) const;
    /// [questions, classes]; undefined when it was stopped.
    at::Tensor scored(const std::vector<CandidateQuestion>& questions, const std::function<bool()>& stop) const;
    /// What the model answers to questions without content (Zhao et al. 2021), one row for each set of demonstrations.
    at::Tensor prior(const std::vector<std::size_t>& demonstrations, const std::function<bool()>& stop);

    TaskData& m_data;
    Model& m_model;
    Task m_task; ///< with the method's own question where it has one
    Demonstrations m_demonstrations;
    std::size_t m_demonstration_room;
    CandidateOptions m_scoring;
    bool m_calibrated = false;
    std::vector<std::int64_t> m_lead, m_tail, m_separator; ///< special tokens around a text; between demonstrations
    std::vector<std::vector<std::int64_t>> m_words;        ///< of the classes
    std::size_t m_longest_answer = 0;
    std::map<std::size_t, std::vector<std::int64_t>> m_told;  ///< demonstrations in tokens
    std::map<std::string, std::vector<Question>> m_questions; ///< of the splits; empty in front = not yet
    std::map<std::vector<std::size_t>, at::Tensor> m_priors;
    bool m_dropped = false;
};

} // namespace diapason
