#include "experiments/engine/inspection.h"

#include "experiments/engine/run_model.h"
#include "methods/inspect/change_recorder.h"
#include "methods/inspect/low_rank.h"
#include "methods/inspect/soft_prompt.h"
#include "methods/lora_delta.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/linalg_vector_norm.h>
#include <c10/core/GradMode.h>

#include <algorithm>
#include <map>
#include <string>

namespace diapason {
namespace {

constexpr std::int64_t batch = 16;

Json numbers(const at::Tensor& values) {
    Json list = Json::array();
    for (std::int64_t i = 0; i < values.size(0); ++i)
        list.push_back(values.dim() == 1 ? Json(values[i].item<double>()) : numbers(values[i]));
    return list;
}

std::map<std::string, const LoraDelta*> updates_of(Model& model) {
    std::map<std::string, const LoraDelta*> updates;
    for (const auto& [site, linear] : model.backbone().linears()) {
        for (const auto& delta : linear->deltas) {
            if (const auto* lora = dynamic_cast<const LoraDelta*>(delta.get())) updates[site.address()] = lora;
        }
    }
    return updates;
}

Json update_facts(Model& model, Model* other) {
    const auto others = other == nullptr ? decltype(updates_of(model)){} : updates_of(*other);
    const auto own = updates_of(model);
    Json list = Json::array();
    for (const auto& [site, linear] : model.backbone().linears()) {
        const auto update = own.find(site.address());
        if (update == own.end()) continue;
        const LoraDelta& lora = *update->second;
        const at::Tensor change = lora.weight_change();
        const at::Tensor singular = update_spectrum(lora.own_a(), lora.own_b(), lora.update().scale);
        const double weight = at::linalg_vector_norm(linear->matrix()).item<double>();
        Json facts = {{"site", site.address()},
                      {"rank", lora.own_a().size(0)},
                      {"singular_values", numbers(singular)},
                      {"relative_norm", at::linalg_vector_norm(change).item<double>() / std::max(weight, 1e-300)}};
        if (const auto twin = others.find(site.address()); twin != others.end())
            facts["similarity"] = numbers(subspace_similarity(lora.own_a(), twin->second->own_a()));
        list.push_back(std::move(facts));
    }
    return list;
}

Json prompt_facts(Model& model, const Tokenizer& tokenizer, std::int64_t words) {
    const auto near = [&](const std::vector<NearWord>& list) {
        Json json = Json::array();
        for (const NearWord& word : list)
            json.push_back({{"word", tokenizer.decode({word.id})}, {"id", word.id}, {"value", word.value}});
        return json;
    };
    Json list = Json::array();
    for (const SoftToken& token :
         nearest_words(model.prompt()->rows(), model.backbone().word_embedding().value, words)) {
        list.push_back(
            {{"norm", token.norm}, {"by_cosine", near(token.by_cosine)}, {"by_distance", near(token.by_distance)}});
    }
    return list;
}

void add_activations(Model& model, TaskData& data, std::int64_t items, Json& facts) {
    const std::string split = data.has("validation") ? "validation" : "train";
    const std::int64_t count = std::min(items, static_cast<std::int64_t>(data.split(split).examples.size()));
    ChangeRecorder recorder(model);
    ForwardState state;
    state.prefixes = recorder.observer();
    for (std::int64_t first = 0; first < count; first += batch) {
        std::vector<Sequence> sequences;
        for (std::int64_t item = first; item < std::min(count, first + batch); ++item)
            sequences.push_back(data.training_sequence(split, static_cast<std::size_t>(item)));
        model.hidden(PackedBatch::pack(sequences, model.device()), state);
    }
    for (const SiteChange& change : recorder.changes())
        facts["sites"].push_back({{"site", change.site}, {"relative_change", change.relative}});
    for (const PrefixAttention& attention : recorder.attention())
        facts["attention"].push_back({{"site", attention.site}, {"heads", attention.heads}});
}

} // namespace

Json inspect_adapter(const InspectionRequest& request) {
    const c10::NoGradGuard guard;
    const StoredRun run = load_stored_run(request.adapter);
    const StoredRun other = request.other.empty() ? StoredRun{} : load_stored_run(request.other);
    Json facts = {{"method", run.spec.method}, {"backbone", run.spec.backbone}, {"task", run.spec.task}};
    run.model->prepare();
    if (const Json updates = update_facts(*run.model, other.model.get()); !updates.empty()) facts["updates"] = updates;
    if (run.model->prompt() != nullptr)
        facts["prompt"] = prompt_facts(*run.model, run.data->tokenizer(), request.words);
    add_activations(*run.model, *run.data, request.items, facts);
    return facts;
}

} // namespace diapason
