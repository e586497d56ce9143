#include "core/data/example_texts.h"

#include "core/base/words.h"

namespace diapason {

std::string spaced(const std::vector<std::string>& words) {
    std::string text;
    for (const std::string& word : words)
        text += (text.empty() ? "" : " ") + word;
    return text;
}

std::string input_of(const Example& example) {
    return without_extra_spaces(example.text) + "\n" + without_extra_spaces(example.pair);
}

std::vector<std::string> right_answers(const Example& example) {
    std::vector<std::string> texts;
    for (const TextSpan& answer : example.answers)
        texts.push_back(answer.text);
    if (texts.empty()) texts.emplace_back();
    return texts;
}

std::vector<std::string> right_texts(const Example& example) {
    std::vector<std::string> texts = {example.target};
    for (const std::string& reference : example.references)
        if (reference != example.target) texts.push_back(reference);
    return texts;
}

} // namespace diapason
