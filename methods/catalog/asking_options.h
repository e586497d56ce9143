// What a method has to say about how a language model is asked. Torch-free.
#pragma once

#include <cstdint>
#include <string>

namespace diapason {

/// Made from a method's options by MethodInfo::asking; as it stands here for methods that have nothing to say.
struct AskingOptions {
    /// Which training examples stand in front of a question.
    enum class Choice {
        random,      ///< drawn once, the same for all questions
        random_each, ///< drawn for each question
        first,       ///< the first of the training split
        similar      ///< those whose text is nearest to the question's, the nearest last
    };
    std::int64_t demonstrations = 0;
    Choice choice = Choice::random;
    std::int64_t demonstration_tokens = 64; ///< most tokens of each one's text
    std::string question;                   ///< template in place of the task's own; empty = the task's
    bool by_length = false;                 ///< a class's words are scored by the mean of their tokens, not the sum
    bool calibrated = false;                ///< answers to questions without content are divided out
    bool by_mean = false;                   ///< an ensemble answers by its mean probability instead of a vote
};

} // namespace diapason
