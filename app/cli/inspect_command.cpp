// diapason-cli inspect: what a trained adapter does, in numbers.

#include "app/cli/command.h"
#include "core/base/format.h"
#include "experiments/engine_library.h"

#include <algorithm>

namespace diapason::cli {
namespace {

struct InspectRequest {
    std::string adapter, other;
    std::int64_t items = 64;
};

using Rows = std::vector<std::vector<std::string>>;

void show(const std::string& heading, const Rows& rows) {
    if (rows.size() < 2) return;
    print("\n" + heading + "\n");
    print_table(rows);
}

std::string list_of(const Json& values, int decimals, std::size_t most) {
    std::string text;
    for (std::size_t i = 0; i < std::min(values.size(), most); ++i)
        text += (i == 0 ? "" : " ") + format_number(values[i].get<double>(), decimals);
    return values.size() > most ? text + " …" : text;
}

std::string words_of(const Json& words, int decimals) {
    std::string text;
    for (const Json& word : words)
        text += (text.empty() ? "" : ", ") + word.at("word").get<std::string>() + " " +
                format_number(word.at("value").get<double>(), decimals);
    return text;
}

int inspect(const Context& context, const InspectRequest& request) {
    const Json facts = load_engine().inspect(request.adapter, request.other, request.items);
    if (context.json) {
        print_json(facts);
        return 0;
    }
    print(facts.at("method").get<std::string>() + " on " + facts.at("backbone").get<std::string>() + ", " +
          facts.at("task").get<std::string>() + "\n");
    Rows sites = {{"site", "‖Δh‖ / ‖h‖"}};
    const Json none = Json::array();
    for (const Json& site : facts.value("sites", none))
        sites.push_back({site.at("site"), format_number(site.at("relative_change").get<double>(), 4)});
    show("Change of the states", sites);
    Rows updates = {{"site", "rank", "‖ΔW‖ / ‖W‖", "singular values"}};
    if (!request.other.empty()) updates.front().push_back("φ(1,1)");
    for (const Json& update : facts.value("updates", none)) {
        updates.push_back({update.at("site"), std::to_string(update.at("rank").get<std::int64_t>()),
                           format_number(update.at("relative_norm").get<double>(), 4),
                           list_of(update.at("singular_values"), 3, 8)});
        if (!request.other.empty())
            updates.back().push_back(
                update.contains("similarity") ? format_number(update.at("similarity")[0][0].get<double>(), 3) : "—");
    }
    show("Low-rank updates", updates);
    Rows masks = {{"masks", "overlap of one layer and the next (Jaccard)"}};
    for (const Json& group : facts.value("masks", none)) {
        Json next = Json::array();
        const Json& overlap = group.at("overlap");
        for (std::size_t i = 0; i + 1 < overlap.size(); ++i)
            next.push_back(overlap[i][i + 1]);
        masks.push_back({group.at("masks"), list_of(next, 3, 32)});
    }
    show("Masks", masks);
    Rows prompt = {{"row", "norm", "nearest by cosine", "nearest by distance"}};
    for (const Json& token : facts.value("prompt", none))
        prompt.push_back({std::to_string(prompt.size()), format_number(token.at("norm").get<double>(), 2),
                          words_of(token.at("by_cosine"), 2), words_of(token.at("by_distance"), 2)});
    show("Soft tokens", prompt);
    Rows attention = {{"site", "share of the attention, by head"}};
    for (const Json& site : facts.value("attention", none))
        attention.push_back({site.at("site"), list_of(site.at("heads"), 3, 32)});
    show("Prefixes", attention);
    return 0;
}

} // namespace

void add_inspect(CLI::App& app, Context& context) {
    CLI::App* command =
        app.add_subcommand("inspect", "What a trained adapter does: changes, spectra, masks, near words, attention");
    auto request = std::make_shared<InspectRequest>();
    command->add_option("adapter", request->adapter, "adapter.safetensors of a run")->required();
    command->add_option("--other", request->other, "A second adapter: how much their subspaces share")
        ->type_name("FILE");
    command->add_option("--items", request->items, "Validation examples that are run through the model")
        ->check(CLI::Range(1, 100000))
        ->capture_default_str();
    add_json_flag(*command, context);
    command->callback(
        [&context, request] { context.action = [&context, request] { return inspect(context, *request); }; });
}

} // namespace diapason::cli
