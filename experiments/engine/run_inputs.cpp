#include "experiments/engine/run_inputs.h"

#include "core/backbone/tensor_file.h"
#include "core/base/error.h"
#include "core/base/sha256.h"
#include "core/base/visible_text.h"
#include "core/text/tokenizer_files.h"

#include <algorithm>

namespace diapason {
namespace {

namespace fs = std::filesystem;

// Lengths in front, so that no two lists of texts give the same bytes.
void add(Sha256& hash, const std::string& text) {
    hash.update(std::to_string(text.size()) + ":" + text);
}

std::string hash_of_rows(const Dataset& examples, std::int64_t limit) {
    const std::size_t rows = limit > 0 ? std::min(examples.size(), static_cast<std::size_t>(limit)) : examples.size();
    Sha256 hash;
    for (std::size_t i = 0; i < rows; ++i) {
        const Example& e = examples[i];
        for (const std::string* text : {&e.id, &e.text, &e.pair, &e.label, &e.target})
            add(hash, *text);
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
        metrics.push_back(metric_signature(metric_info(name)));
    return {{"kind", task.kind->name()},
            {"labels", std::move(labels)},
            {"template", task.text_template},
            {"target_template", task.target_template},
            {"question", task.question},
            {"max_tokens", task.max_tokens},
            {"max_target_tokens", task.max_target_tokens},
            {"metrics", std::move(metrics)},
            {"primary_metric", task.primary_metric}};
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
        list.push_back({{"what", "data"},
                        {"name", run.spec.task},
                        {"split", split},
                        {"limit", limit},
                        {"file", visible_line(file.string())},
                        {"sha256", hash_of_rows(data.split(split).examples, limit)}});
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
