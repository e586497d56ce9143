#include "experiments/engine/run_inputs.h"

#include "core/backbone/tensor_file.h"
#include "core/base/error.h"
#include "core/base/sha256.h"
#include "core/base/visible_text.h"
#include "core/text/tokenizer_files.h"

#include <algorithm>
#include <cmath>
#include <set>
#include <type_traits>
#include <variant>

namespace diapason {
namespace {

namespace fs = std::filesystem;

// Lengths in front, so that no two lists of texts give the same bytes.
void add(Sha256& hash, const std::string& text) {
    hash.update(std::to_string(text.size()) + ":" + text);
}

void add(Sha256& hash, double number) {
    add(hash, number_to_json(number).dump());
}
void add(Sha256& hash, const std::vector<std::string>& list) {
    for (const std::string& text : list)
        add(hash, text);
}
void add(Sha256& hash, const std::vector<TextSpan>& answers) {
    for (const TextSpan& answer : answers)
        add(hash, answer.text + "@" + std::to_string(answer.begin));
}

// What few kinds have, by its name; where a row comes from is no part of it.
void add_rest(Sha256& hash, const Example& example) {
    static const std::set<std::string> apart = {"id", "text", "pair", "label", "target", "source"};
    for (const ExampleField& field : example_fields()) {
        if (apart.count(field.name) > 0) continue;
        std::visit(
            [&](auto member) {
                const auto& value = example.*member;
                if constexpr (std::is_floating_point_v<std::decay_t<decltype(value)>>) {
                    if (std::isnan(value)) return;
                } else {
                    if (value.empty()) return;
                }
                add(hash, std::string(field.name));
                add(hash, value);
            },
            field.value);
    }
}

std::string hash_of_rows(const Dataset& examples, std::int64_t limit) {
    const std::size_t rows = limit > 0 ? std::min(examples.size(), static_cast<std::size_t>(limit)) : examples.size();
    Sha256 hash;
    for (std::size_t i = 0; i < rows; ++i) {
        const Example& e = examples[i];
        for (const std::string* text : {&e.id, &e.text, &e.pair, &e.label, &e.target})
            add(hash, *text);
        add_rest(hash, e);
    }
    return hash.hex();
}

// What makes inputs, labels and scores of the rows; where they lie is no part of it.
Json definition_of(const Task& task) {
    Json labels = Json::array();
    for (const TaskLabel& label : task.labels)
        labels.push_back({label.id, label.words});
    Json metrics = Json::array();
    for (const std::string& name : task.metrics)
        metrics.push_back(metric_signature(metric_info(name), task.kind->metric_options(metric_info(name), task), "1"));
    Json definition = {{"kind", task.kind->name()},
                       {"labels", std::move(labels)},
                       {"template", task.text_template},
                       {"target_template", task.target_template},
                       {"question", task.question},
                       {"max_tokens", task.max_tokens},
                       {"max_target_tokens", task.max_target_tokens},
                       {"metrics", std::move(metrics)},
                       {"primary_metric", task.primary_metric}};
    if (!task.settings.json().empty()) definition["settings"] = task.settings.json();
    return definition;
}

// Config and tensors as they are stored, whatever the head, the precision or the device.
std::string hash_of_backbone(const ResolvedRun& run) {
    Sha256 hash;
    add(hash, run.config.raw.dump());
    for (const TensorFile& file : open_weights(run.backbone)) {
        for (const TensorEntry& entry : file.entries()) {
            add(hash, entry.name + " " + entry.dtype + " " + Json(entry.shape).dump());
            hash.update({reinterpret_cast<const char*>(file.data(entry)), entry.end - entry.begin});
        }
    }
    return hash.hex();
}

} // namespace

const char* limit_option(const std::string& split) {
    return split == "train" ? "max_train_items" : split == "validation" ? "max_evaluation_items" : "max_test_items";
}

Json inputs_of(const ResolvedRun& run, TaskData& data) {
    Json list = Json::array();
    for (const auto& [split, file] : run.task.data) {
        const std::int64_t limit = run.training.integer(limit_option(split));
        const Dataset& examples = data.split(split).examples;
        list.push_back({{"what", "data"},
                        {"name", run.spec.task},
                        {"split", split},
                        {"limit", limit},
                        {"file", visible_line(file.string())},
                        {"sha256", hash_of_rows(examples, limit)}});
        if (run.task.sample.order != SampleRule::Order::file)
            list.back()["sample"] = run.training.text("sample") + " " + std::to_string(run.task.sample.seed);
        if (const LeftOut& left_out = examples.left_out(); left_out.rows > 0) {
            list.back()["rows_left_out"] = left_out.rows;
            list.back()["left_out"] = visible_lines(left_out.reasons);
        }
    }
    list.push_back({{"what", "task"},
                    {"name", run.spec.task},
                    {"file", run.spec.task},
                    {"sha256", sha256_hex(definition_of(run.task).dump())}});
    list.push_back({{"what", "tokenizer"},
                    {"name", run.spec.backbone},
                    {"file", visible_line(run.backbone.string())},
                    {"sha256", hash_of_tokenizer(run.backbone)}});
    list.push_back({{"what", "backbone"},
                    {"name", run.spec.backbone},
                    {"file", visible_line(run.backbone.string())},
                    {"sha256", hash_of_backbone(run)}});
    return list;
}

} // namespace diapason
