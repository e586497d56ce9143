// An example as it comes from a file, before tokenisation, and the fields of it that columns of a file can fill.
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string>
#include <variant>
#include <vector>

namespace diapason {

/// A part of an example's text.
struct TextSpan {
    std::string text;
    std::int64_t begin = -1; ///< in code points of Example::text; -1 = the file does not say where
    friend bool operator==(const TextSpan&, const TextSpan&) = default;
};

/// What someone says in a conversation.
struct ChatTurn {
    std::string role; ///< "system", "user", "assistant"
    std::string content;
    friend bool operator==(const ChatTurn&, const ChatTurn&) = default;
};

/// What a row says. Which members a task reads depends on its kind (core/data/kinds); all others are empty.
struct Example {
    std::string id; ///< unique within its split and dataset
    std::string text;
    std::string pair;    ///< second text: hypothesis, question
    std::string label;   ///< one of several classes; the right option
    std::string target;  ///< text to be written
    std::string group;   ///< what metrics by group average over: a relation; may be empty
    std::string source;  ///< what it must not share with another split (its document, its package); may be empty
    std::string split;   ///< that it belongs to, where the file says it; empty = the task's rule decides
    double number = NAN; ///< to be predicted
    std::vector<std::string> labels;     ///< any number of the classes at once
    std::vector<std::string> options;    ///< that a question offers
    std::vector<std::string> references; ///< texts that are right beside `target`
    std::vector<std::string> words;      ///< of the text, as its tags count them
    std::vector<std::string> tags;       ///< one a word
    std::vector<TextSpan> answers;       ///< parts of the text that are right; none = it has no answer
    std::vector<ChatTurn> turns; ///< of a conversation, that the target goes on with; `text` says them in one text

    int label_index = -1; ///< position in Task::labels, or among the options
    std::size_t line = 0; ///< where it begins in its file, from 1; for messages
};

/// A field of Example that columns can fill, by name.
struct ExampleField {
    using Value = std::variant<std::string Example::*, double Example::*, std::vector<std::string> Example::*,
                               std::vector<TextSpan> Example::*>;
    const char* name;
    const char* help; ///< as in forms and documentation
    Value value;
    bool optional = false; ///< a row may leave it out
};
const std::vector<ExampleField>& example_fields();
const ExampleField* find_example_field(const std::string& name); ///< null when there is none

} // namespace diapason
