// What one training step costs: tokens per second of every method on the embedded encoder, and the latency of a merged
// LoRA beside the backbone's own. One thread; medians, since a machine is rarely idle.

#include "core/base/rng.h"
#include "core/library/library.h"
#include "core/train/trainer.h"
#include "experiments/engine/device.h"
#include "experiments/engine/task_data.h"
#include "methods/catalog/method_info.h"
#include "methods/method.h"

#include <ATen/CPUGeneratorImpl.h>
#include <c10/core/GradMode.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <functional>
#include <string>

#include "benchmarks/engine/median.h"

using namespace diapason;

namespace {

using Clock = std::chrono::steady_clock;

double median_seconds(int repeats, const std::function<void()>& work) {
    std::vector<double> seconds;
    for (int i = 0; i < repeats; ++i) {
        const auto start = Clock::now();
        work();
        seconds.push_back(std::chrono::duration<double>(Clock::now() - start).count());
    }
    return median(std::move(seconds));
}

PackedBatch batch_of(TaskData& data, std::size_t first, std::size_t count) {
    std::vector<Sequence> sequences;
    for (std::size_t i = first; i < first + count; ++i)
        data.add_training_sequences("train", i, nullptr, sequences);
    return PackedBatch::pack(sequences, at::kCPU);
}

struct Trial {
    std::unique_ptr<Model> model;
    std::unique_ptr<Trainer> trainer;
};

Trial trial_of(const std::string& method, const Json& given, TaskData& data) {
    std::vector<Problem> problems;
    const OptionValues options = OptionValues::from_json(method_info(method).options, given, method, problems);
    at::Generator generator = at::make_generator<at::CPUGeneratorImpl>(1);
    Trial trial;
    trial.model = Model::load(resolve_backbone("encoder-mini"),
                              {HeadKind::sequence_classification, data.task().classes()}, at::kCPU, &generator);
    MethodContext context{&data.tokenizer(), {}, generator};
    for (const TaskLabel& label : data.task().labels)
        context.label_words.push_back(label.words);
    attach_method(method, options, *trial.model, context);
    TrainerOptions train;
    train.clip_norm = 1;
    trial.trainer = std::make_unique<Trainer>(*trial.model, train);
    return trial;
}

} // namespace

int main(int argc, char** argv) {
    const int repeats = argc > 1 ? std::stoi(argv[1]) : 21;
    prepare_compute_thread(1);
    const Json spec = {{"backbone", "encoder-mini"}, {"task", "section"}, {"method", "head_only"}, {"seed", 1}};
    TaskData& data = *shared_task_data(resolve_run(run_spec_from_json(spec, "benchmark")));
    std::vector<PackedBatch> batches;
    for (std::size_t i = 0; i < 8; ++i)
        batches.push_back(batch_of(data, 32 * i, 32));
    std::int64_t tokens = 0;
    for (const PackedBatch& batch : batches)
        tokens += batch.tokens();
    const double per_step = static_cast<double>(tokens) / static_cast<double>(batches.size());
    std::printf("encoder-mini, section, batch 32, %.0f tokens a step, 1 thread, median of %d\n", per_step, repeats);

    // In turn, so that a change of the machine's load meets all.
    struct Row {
        std::string method;
        Trial trial;
        std::vector<double> seconds;
    };
    std::vector<Row> rows;
    for (const MethodInfo& info : method_catalog()) {
        if (!info.asks) rows.push_back({info.id, trial_of(info.id, Json::object(), data), {}});
    }
    Trial frozen = trial_of("head_only", Json::object(), data);
    std::vector<double> forward_seconds;
    for (int i = 0; i < repeats; ++i) {
        const PackedBatch& batch = batches[static_cast<std::size_t>(i) % batches.size()];
        {
            const c10::NoGradGuard guard;
            forward_seconds.push_back(median_seconds(1, [&] { frozen.model->logits(batch, {}); }));
        }
        for (Row& row : rows) {
            row.seconds.push_back(median_seconds(1, [&] { row.trial.trainer->step([&] { return batch; }); }));
        }
    }
    const auto full =
        std::find_if(rows.begin(), rows.end(), [](const Row& row) { return row.method == "full_tuning"; });
    const double of_full = median(full->seconds), of_forward = median(forward_seconds);
    std::printf(
        "| method | ms a step | tokens/s | of full tuning | of a frozen forward pass |\n|---|---|---|---|---|\n");
    for (const Row& row : rows) {
        const double seconds = median(row.seconds);
        std::printf("| %s | %.1f | %.0f | %.2f | %.2f |\n", row.method.c_str(), 1e3 * seconds, per_step / seconds,
                    seconds / of_full, seconds / of_forward);
    }

    // Alternating, so that a change of the machine's load meets both.
    Trial base = trial_of("head_only", Json::object(), data);
    Trial lora = trial_of("lora", {{"rank", 8}, {"targets", "q,v"}}, data);
    const c10::NoGradGuard guard;
    const auto forward = [&](Trial& trial) {
        return median_seconds(1, [&] { trial.model->logits(batches.front(), {}); });
    };
    const auto compare = [&](const char* what) {
        std::vector<double> ratios;
        for (int i = 0; i < repeats; ++i) {
            const double own = forward(base);
            ratios.push_back(forward(lora) / own);
        }
        std::printf("  inference, %-9s %.3f of the backbone alone\n", what, median(std::move(ratios)));
    };
    compare("LoRA");
    lora.model->merge();
    compare("merged");
}
