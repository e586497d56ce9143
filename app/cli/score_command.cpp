// diapason-cli score, metrics: outputs of any program against references, and what can be measured

#include "app/cli/command.h"
#include "core/base/error.h"
#include "core/base/format.h"
#include "core/base/real_number.h"
#include "core/base/whole_number.h"
#include "core/base/words.h"
#include "core/data/metrics.h"
#include "core/data/metrics/outcome_files.h"

#include <algorithm>
#include <map>
#include <memory>
#include <set>

namespace diapason::cli {
namespace {

struct ScoreRequest {
    std::vector<std::string> metrics, references, params;
    std::string predictions;
};

// "lowercase=true", or of one of several metrics "bleu.lowercase=true".
struct Param {
    std::string text, metric, name, value;

    explicit Param(const std::string& given) : text(given) {
        const auto at = given.find('=');
        if (at == std::string::npos)
            throw config_error("--param", given, "has no value",
                               "Write NAME=VALUE; diapason-cli metrics lists the names");
        name = given.substr(0, at);
        value = given.substr(at + 1);
        if (const auto dot = name.find('.'); dot != std::string::npos) {
            metric = name.substr(0, dot);
            name.erase(0, dot + 1);
        }
    }
};

// The value as its option's type has it; what is none stays a text, which the option then refuses.
Json typed(const OptionDescriptor& option, const std::string& text) {
    const auto number = real_number(text);
    const std::map<OptionType, std::optional<Json>> readings = {
        {OptionType::integer, whole_number(text) ? std::optional<Json>(*whole_number(text)) : std::nullopt},
        {OptionType::real, number ? std::optional<Json>(*number) : std::nullopt},
        {OptionType::boolean, text == "true" || text == "false" ? std::optional<Json>(text == "true") : std::nullopt}};
    const auto found = readings.find(option.type);
    return found != readings.end() && found->second ? *found->second : Json(text);
}

// Of each metric. A parameter that none of them has is a mistake.
std::vector<OptionValues> options_of(const std::vector<const MetricInfo*>& metrics, const std::vector<Param>& params) {
    std::vector<Json> given(metrics.size(), Json::object());
    for (const Param& param : params) {
        bool used = false;
        std::vector<std::string> names;
        for (std::size_t i = 0; i < metrics.size(); ++i) {
            if (!param.metric.empty() && param.metric != metrics[i]->name) continue;
            for (const OptionDescriptor& option : metrics[i]->options) {
                names.push_back(option.name);
                if (option.name != param.name) continue;
                given[i][param.name] = typed(option, param.value);
                used = true;
            }
        }
        if (!used)
            throw config_error("--param", param.text, "no metric asked for has such a parameter",
                               did_you_mean(param.name, names, "diapason-cli metrics lists them"));
    }
    std::vector<OptionValues> options;
    for (std::size_t i = 0; i < metrics.size(); ++i) {
        std::vector<Problem> problems;
        options.push_back(OptionValues::from_json(metrics[i]->options, given[i], metrics[i]->name, problems));
        throw_if_any(problems, "--param");
    }
    return options;
}

Json parts_json(const std::vector<NamedScore>& parts) {
    Json object = Json::object();
    for (const NamedScore& part : parts)
        object[part.name] = part.value ? Json(*part.value) : Json();
    return object;
}

std::string shown(const MetricInfo& metric, std::optional<double> value) {
    if (!value) return "undefined";
    return format_number(*value * metric.scale, metric.decimals + 2) + (metric.unit.empty() ? "" : " " + metric.unit);
}

// What a metric says of an item belongs to the line with its number.
std::unique_ptr<Scorer> scorer_of_files(const MetricInfo& metric, const Outcomes& outcomes, const OptionValues& options,
                                        const ScoreRequest& request) {
    try {
        return scorer_of(metric, outcomes, options);
    } catch (const Error& error) {
        ErrorDetails details = error.details();
        std::vector<std::string> files = request.references;
        files.insert(files.begin(), request.predictions);
        if (error.kind() == ErrorKind::input && details.file.empty()) details.file = joined(files);
        throw Error(error.kind(), std::move(details));
    }
}

int score_files(const Context& context, const ScoreRequest& request) {
    std::vector<const MetricInfo*> metrics;
    for (const std::string& name : request.metrics)
        metrics.push_back(&metric_info(name));
    const std::vector<OptionValues> options = options_of(metrics, {request.params.begin(), request.params.end()});
    std::map<OutcomeKind, Outcomes> outcomes;
    Json list = Json::array();
    std::vector<std::vector<std::string>> rows = {{"metric", "value", "signature"}};
    std::size_t items = 0;
    for (std::size_t i = 0; i < metrics.size(); ++i) {
        const MetricInfo& metric = *metrics[i];
        const OutcomeKind kind = metric.compares();
        if (outcomes.count(kind) == 0)
            outcomes.emplace(
                kind, read_outcomes(kind, request.predictions, {request.references.begin(), request.references.end()}));
        const Outcomes& of = outcomes.at(kind);
        const auto scorer = scorer_of_files(metric, of, options[i], request);
        const MetricScore score = scorer->score();
        const std::string signature = metric_signature(metric, options[i], reference_count(of));
        items = scorer->items();
        rows.push_back({metric.label, shown(metric, score.value), signature});
        list.push_back({{"metric", metric.name},
                        {"value", score.value ? Json(*score.value) : Json()},
                        {"shown", shown(metric, score.value)},
                        {"signature", signature},
                        {"items", items},
                        {"parts", parts_json(score.parts)}});
    }
    if (context.json) {
        print_json(list);
        return 0;
    }
    print_table(rows);
    print(std::to_string(items) + (items == 1 ? " item\n" : " items\n"));
    return 0;
}

int list_metrics(const Context& context) {
    Json list = Json::array();
    for (const MetricInfo& metric : metric_catalog()) {
        const OutcomeFileForm& form = outcome_file_form(metric.compares());
        Json options = Json::array();
        for (const OptionDescriptor& d : metric.options) {
            Json choices = Json::array();
            for (const OptionChoice& choice : d.choices)
                choices.push_back(choice.value);
            options.push_back({{"name", d.name}, {"default", d.default_value}, {"choices", choices}, {"help", d.help}});
        }
        list.push_back({{"name", metric.name},
                        {"label", metric.label},
                        {"compares", name_of(metric.compares())},
                        {"prediction", form.prediction},
                        {"reference", form.reference},
                        {"fields", form.fields},
                        {"source", metric.source},
                        {"signature", metric_signature(metric)},
                        {"options", options},
                        {"help", metric.help}});
        if (context.json) continue;
        print(metric.name + "  (compares " + name_of(metric.compares()) + ")\n    " + metric.help +
              (metric.source.empty() ? "" : " " + metric.source + ".") + "\n");
        for (const Json& option : options)
            print("      " + option.at("name").get<std::string>() + " = " + plain_text(option.at("default")) + "  " +
                  option.at("help").get<std::string>() +
                  (option.at("choices").empty() ? "" : ": " + joined(option.at("choices"))) + "\n");
    }
    if (context.json) {
        print_json(list);
        return 0;
    }
    print("\nWhat a line of the files is:\n");
    std::set<OutcomeKind> told;
    for (const MetricInfo& metric : metric_catalog()) {
        if (!told.insert(metric.compares()).second) continue;
        const OutcomeFileForm& form = outcome_file_form(metric.compares());
        const std::string reference = form.reference, fields = form.fields;
        print("  " + std::string(name_of(metric.compares())) + "\n    --pred  " + form.prediction + "\n" +
              (reference.empty() ? "" : "    --ref   " + reference + "\n") +
              (fields.empty() ? "" : "    JSON    " + fields + "\n"));
    }
    return 0;
}

} // namespace

void add_score(CLI::App& app, Context& context) {
    CLI::App* command = app.add_subcommand("score", "Score a file of predictions against files of references");
    auto request = std::make_shared<ScoreRequest>();
    command->add_option("--metric", request->metrics, "Metrics, between commas (diapason-cli metrics lists them)")
        ->delimiter(',')
        ->required()
        ->type_name("NAME[,NAME…]");
    command->add_option("--pred", request->predictions, "Predictions, an item in each line; JSON in a file *.jsonl")
        ->required()
        ->type_name("FILE");
    command
        ->add_option("--ref", request->references,
                     "References, an item in each line; give it again for further references of texts")
        ->allow_extra_args(false)
        ->type_name("FILE");
    command
        ->add_option("--param", request->params,
                     "A parameter of the metrics: lowercase=true, or of one of several bleu.lowercase=true")
        ->allow_extra_args(false)
        ->type_name("NAME=VALUE");
    add_json_flag(*command, context);
    command->footer("A line of JSON is a value, or an object with the value as \"pred\" or \"ref\".");
    command->callback(
        [&context, request] { context.action = [&context, request] { return score_files(context, *request); }; });
    CLI::App* list = app.add_subcommand("metrics", "List the metrics, their parameters and what they compare");
    add_json_flag(*list, context);
    list->callback([&context] { context.action = [&context] { return list_metrics(context); }; });
}

} // namespace diapason::cli
