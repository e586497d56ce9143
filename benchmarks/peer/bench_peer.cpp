// bench_peer: one training run on real data, one JSON line of figures. The options are those of the Python script that
// it is compared with; docs/PERFORMANCE.md says how.

#include "core/base/error.h"

#include <CLI/CLI.hpp>

#include <cstdio>
#include <exception>

#include "benchmarks/peer/again.h"
#include "benchmarks/peer/peer_job.h"

using namespace diapason;

int main(int argc, char** argv) {
    peer::start_again_with_environment(argv);
    peer::Job job;
    std::string backbone, data, initial, losses;
    bool no_dropout = false, no_evaluation = false;
    CLI::App app("One training run on real data; prints one JSON line of figures.");
    app.option_defaults()->always_capture_default();
    app.add_option("--backbone", backbone, "Folder of the backbone")->required();
    app.add_option("--data", data, "Folder that holds SST-2/ and e2e/")->required();
    app.add_option("--task", job.task)->check(CLI::IsMember({"sst2", "e2e"}));
    app.add_option("--method", job.method)->check(CLI::IsMember({"full", "head", "lora", "prompt", "bitfit"}));
    app.add_option("--order", job.order)->check(CLI::IsMember({"plain", "grouped", "bucketed"}));
    app.add_option("--steps", job.steps, "0 = --epochs");
    app.add_option("--epochs", job.epochs);
    app.add_option("--batch", job.batch)->check(CLI::PositiveNumber);
    app.add_option("--lr", job.learning_rate, "0 = the method's default");
    app.add_option("--seed", job.seed);
    app.add_option("--threads", job.threads)->check(CLI::PositiveNumber);
    app.add_option("--max-train", job.max_train, "First N rows; 0 = all");
    app.add_option("--max-length", job.max_length);
    app.add_option("--virtual-tokens", job.virtual_tokens);
    app.add_option("--rank", job.rank);
    app.add_option("--alpha", job.alpha);
    app.add_option("--lora-dropout", job.lora_dropout);
    app.add_flag("--no-dropout", no_dropout, "All dropout off");
    app.add_option("--warmup", job.warmup);
    app.add_flag("--no-eval", no_evaluation);
    app.add_option("--init", initial, "Start from the tensors of this file");
    app.add_option("--losses", losses, "Write one training loss per line");
    CLI11_PARSE(app, argc, argv);
    job.backbone = backbone;
    job.data = data;
    job.initial = initial;
    job.dropout = !no_dropout;
    job.evaluate = !no_evaluation;
    try {
        const peer::Outcome outcome = peer::run(job);
        if (!losses.empty()) {
            std::FILE* file = std::fopen(losses.c_str(), "w");
            if (file == nullptr) throw input_error(losses, "cannot be written");
            for (const double loss : outcome.losses)
                std::fprintf(file, "%.6f\n", loss);
            if (std::fclose(file) != 0) throw input_error(losses, "cannot be written");
        }
        std::printf("%s\n", outcome.figures.dump().c_str());
    } catch (const std::exception& error) {
        std::fprintf(stderr, "error: %s\n", error.what());
        return 1;
    }
}
