#include "experiments/results/inspection_tables.h"

#include "core/base/format.h"
#include "core/base/words.h"

#include <algorithm>

namespace diapason {
namespace {

std::string list_of(const Json& values, int decimals, std::size_t most) {
    std::string text;
    for (std::size_t i = 0; i < std::min(values.size(), most); ++i)
        text += (i == 0 ? "" : " ") + format_number(values[i].get<double>(), decimals);
    return values.size() > most ? text + " …" : text;
}

std::string words_of(const Json& words, int decimals) {
    return joined_by(words, [&](const Json& word) {
        return word.at("word").get<std::string>() + " " + format_number(word.at("value").get<double>(), decimals);
    });
}

Json part(const Json& facts, const char* name) {
    return facts.value(name, Json::array());
}

InspectionTable changes(const Json& facts) {
    InspectionTable table{"Change in hidden states", {"site", "‖Δh‖ / ‖h‖"}, {}};
    for (const Json& site : part(facts, "sites"))
        table.rows.push_back({site.at("site"), format_number(site.at("relative_change").get<double>(), 4)});
    return table;
}

InspectionTable updates(const Json& facts) {
    InspectionTable table{"Low-rank updates", {"site", "rank", "‖ΔW‖ / ‖W‖", "singular values"}, {}};
    const Json list = part(facts, "updates");
    const bool compared =
        std::any_of(list.begin(), list.end(), [](const Json& update) { return update.contains("similarity"); });
    if (compared) table.headers.push_back("φ(1,1)");
    for (const Json& update : list) {
        table.rows.push_back({update.at("site"), std::to_string(update.at("rank").get<std::int64_t>()),
                              format_number(update.at("relative_norm").get<double>(), 4),
                              list_of(update.at("singular_values"), 3, 8)});
        if (compared)
            table.rows.back().push_back(
                update.contains("similarity") ? format_number(update.at("similarity")[0][0].get<double>(), 3) : "—");
    }
    return table;
}

InspectionTable masks(const Json& facts) {
    InspectionTable table{"Masks", {"masks", "overlap between consecutive layers (Jaccard)"}, {}};
    for (const Json& group : part(facts, "masks")) {
        Json next = Json::array();
        const Json& overlap = group.at("overlap");
        for (std::size_t i = 0; i + 1 < overlap.size(); ++i)
            next.push_back(overlap[i][i + 1]);
        table.rows.push_back({group.at("masks"), list_of(next, 3, 32)});
    }
    return table;
}

InspectionTable soft_tokens(const Json& facts) {
    InspectionTable table{"Soft tokens", {"row", "norm", "nearest by cosine", "nearest by distance"}, {}};
    for (const Json& token : part(facts, "prompt"))
        table.rows.push_back({std::to_string(table.rows.size() + 1), format_number(token.at("norm").get<double>(), 2),
                              words_of(token.at("by_cosine"), 2), words_of(token.at("by_distance"), 2)});
    return table;
}

InspectionTable attention(const Json& facts) {
    InspectionTable table{"Prefixes", {"site", "share of attention by head"}, {}};
    for (const Json& site : part(facts, "attention"))
        table.rows.push_back({site.at("site"), list_of(site.at("heads"), 3, 32)});
    return table;
}

} // namespace

std::vector<InspectionTable> inspection_tables(const Json& facts) {
    std::vector<InspectionTable> tables;
    for (const auto make : {changes, updates, masks, soft_tokens, attention}) {
        InspectionTable table = make(facts);
        if (!table.rows.empty()) tables.push_back(std::move(table));
    }
    return tables;
}

} // namespace diapason
