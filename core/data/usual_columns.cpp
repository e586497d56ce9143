#include "core/data/usual_columns.h"

#include "core/base/words.h"

#include <algorithm>
#include <cctype>

namespace diapason {

const std::vector<UsualNames>& usual_names() {
    static const std::vector<UsualNames> table = {
        {"words", {"words", "tokens"}},
        {"tags", {"tags", "ner_tags", "pos_tags", "ner", "iob"}},
        {"answers", {"answers"}},
        {"options", {"options", "choices", "endings"}},
        {"label",
         {"label", "gold_label", "class", "category", "sentiment", "intent", "is_duplicate", "answer_idx", "answer",
          "klasse", "kategorie", "stars", "sterne", "rating"}},
        {"labels", {"labels", "categories", "topics"}},
        {"number", {"score", "similarity", "number"}},
        {"target", {"target", "summary", "reference", "ref", "output", "completion", "highlights", "response"}},
        {"pair", {"sentence2", "hypothesis", "question2", "text2", "pair"}},
        {"text", {"text",      "sentence", "sentence1", "premise",     "question1", "text1",     "review",    "content",
                  "comment",   "tweet",    "body",      "context",     "passage",   "document",  "article",   "input",
                  "utterance", "mr",       "source",    "instruction", "bewertung", "rezension", "kommentar", "satz"}},
        {"id", {"id", "idx", "guid", "uid", "qid", "index"}},
        {"split", {"split", "fold", "partition", "subset"}},
    };
    return table;
}

bool is_usual_name(const std::string& column) {
    const std::string name = in_lower_case(without_extra_spaces(column));
    if (name == "question" || name == "title") return true;
    return std::any_of(usual_names().begin(), usual_names().end(), [&](const UsualNames& usual) {
        return std::find(usual.names.begin(), usual.names.end(), name) != usual.names.end();
    });
}

std::string in_lower_case(std::string text) {
    std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) { return std::tolower(c); });
    return text;
}

} // namespace diapason
