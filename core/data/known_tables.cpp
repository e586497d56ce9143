#include "core/data/known_tables.h"

#include <algorithm>

namespace diapason {
namespace {

// GLUE (Wang et al. 2018), and its metrics.
const std::vector<KnownTable>& tables() {
    static const std::vector<KnownTable> all = {
        {"CoLA (GLUE)", "classification", {}, {{"label", "2"}, {"text", "4"}}, {"matthews", "accuracy"}},
        {"MRPC (GLUE)",
         "classification",
         {"Quality", "#1 String", "#2 String"},
         {{"label", "Quality"}, {"text", "#1 String"}, {"pair", "#2 String"}},
         {"binary_f1", "accuracy"}},
        {"QQP (GLUE)",
         "classification",
         {"question1", "question2", "is_duplicate", "qid1"},
         {{"label", "is_duplicate"}, {"text", "question1"}, {"pair", "question2"}, {"id", "id"}},
         {"binary_f1", "accuracy"}},
        {"QNLI (GLUE)",
         "classification",
         {"index", "question", "sentence", "label"},
         {{"label", "label"}, {"text", "question"}, {"pair", "sentence"}, {"id", "index"}},
         {"accuracy"}},
        {"STS-B (GLUE)",
         "regression",
         {"index", "genre", "old_index", "sentence1", "sentence2", "score"},
         {{"number", "score"}, {"text", "sentence1"}, {"pair", "sentence2"}, {"id", "index"}},
         {"pearson", "spearman"}},
        {"MNLI (GLUE)",
         "classification",
         {"promptID", "pairID", "genre", "sentence1", "sentence2", "gold_label"},
         {{"label", "gold_label"}, {"text", "sentence1"}, {"pair", "sentence2"}, {"id", "pairID"}},
         {"accuracy"}},
    };
    return all;
}

// Source, 0 or 1, an asterisk or nothing, the sentence: no other table without a header is known.
bool is_cola(const DetectedTable& table) {
    return table.dialect.separator == '\t' && table.width() == 4 &&
           std::all_of(table.rows.begin(), table.rows.end(), [](const std::vector<std::string>& row) {
               return row.size() == 4 && (row[1] == "0" || row[1] == "1") && (row[2].empty() || row[2] == "*");
           });
}

} // namespace

const KnownTable* known_table(const DetectedTable& table) {
    const std::vector<std::string> names = table.header ? table.names() : std::vector<std::string>();
    for (const KnownTable& known : tables()) {
        const bool fits = known.names.empty()
                              ? is_cola(table)
                              : std::all_of(known.names.begin(), known.names.end(), [&](const std::string& name) {
                                    return std::find(names.begin(), names.end(), name) != names.end();
                                });
        if (fits) return &known;
    }
    return nullptr;
}

} // namespace diapason
