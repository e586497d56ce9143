// Rows per second through the store: points in batches as a run sends them, until they are committed.

#include "core/store/store.h"
#include "core/store/store_reader.h"

#include <chrono>
#include <cstdio>
#include <filesystem>
#include <string>
#include <unistd.h>

using namespace diapason;

namespace {

double seconds_of(const std::function<void()>& work) {
    const auto start = std::chrono::steady_clock::now();
    work();
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

} // namespace

int main(int argc, char** argv) {
    const std::int64_t rows = argc > 1 ? std::stoll(argv[1]) : 1'000'000;
    const auto folder =
        std::filesystem::temp_directory_path() / ("diapason-bench-" + std::to_string(static_cast<long>(::getpid())));
    std::filesystem::create_directories(folder);
    for (const std::int64_t batch : {256, 4096}) {
        const auto file = folder / (std::to_string(batch) + ".db");
        Store store(file);
        NewStudy plan;
        plan.study.uuid = new_uuid();
        plan.study.title = "benchmark";
        plan.study.document = Json::object();
        ArmRecord arm;
        arm.label = "arm";
        arm.levels = Json::object();
        plan.arms = {arm};
        RunRecord run;
        run.uuid = new_uuid();
        run.spec = Json::object();
        plan.runs = {run};
        const RowId id = store.create_study(plan).runs.front();
        store.begin_attempt(id);
        store.flush();
        const MetricName metrics[] = {
            {"train", "", "loss"}, {"train", "", "learning_rate"}, {"train", "", "gradient_norm"}};
        const double writing = seconds_of([&] {
            for (std::int64_t first = 0; first < rows; first += batch) {
                std::vector<PointRow> points;
                points.reserve(static_cast<std::size_t>(batch));
                for (std::int64_t i = first; i < std::min(rows, first + batch); ++i)
                    points.push_back({metrics[i % 3], i / 3, 1e-3 * static_cast<double>(i), 1.0 / double(i + 1)});
                store.append_points(id, std::move(points));
            }
            store.flush();
        });
        std::size_t read = 0;
        const double reading = seconds_of([&] {
            const StoreReader reader(file);
            for (const MetricName& metric : metrics)
                read += reader.points(id, metric).step.size();
        });
        std::printf("batches of %lld: %.0f rows/s written and committed, %.0f rows/s read (%zu rows)\n",
                    static_cast<long long>(batch), static_cast<double>(rows) / writing,
                    static_cast<double>(read) / reading, read);
    }
    std::filesystem::remove_all(folder);
}
