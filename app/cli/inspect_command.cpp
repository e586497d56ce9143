// diapason-cli inspect: what a trained adapter does, in numbers.

#include "app/cli/command.h"
#include "experiments/results/inspection_tables.h"
#include "experiments/run/engine_library.h"

namespace diapason::cli {
namespace {

struct InspectRequest {
    std::string adapter, other;
    std::int64_t items = 64;
};

int inspect(const Context& context, const InspectRequest& request) {
    const Json facts = load_engine().inspect(request.adapter, request.other, request.items);
    if (context.json) {
        print_json(facts);
        return 0;
    }
    print(facts.at("method").get<std::string>() + " on " + facts.at("backbone").get<std::string>() + ", " +
          facts.at("task").get<std::string>() + "\n");
    for (const InspectionTable& table : inspection_tables(facts)) {
        std::vector<std::vector<std::string>> rows = {table.headers};
        rows.insert(rows.end(), table.rows.begin(), table.rows.end());
        print("\n" + table.title + "\n");
        print_table(rows);
    }
    return 0;
}

} // namespace

void add_inspect(CLI::App& app, Context& context) {
    CLI::App* command = app.add_subcommand(
        "inspect", "Show what a trained adapter does: changes, spectra, masks, nearest words, attention");
    auto request = std::make_shared<InspectRequest>();
    command->add_option("adapter", request->adapter, "A run's adapter.safetensors")->required();
    command->add_option("--other", request->other, "A second adapter, to compare subspaces with")->type_name("FILE");
    command->add_option("--items", request->items, "Number of validation examples to run through the model")
        ->check(CLI::Range(1, 100000))
        ->capture_default_str();
    add_json_flag(*command, context);
    command->callback(
        [&context, request] { context.action = [&context, request] { return inspect(context, *request); }; });
}

} // namespace diapason::cli
