// How fast the live view draws 20 curves of 10,000 points each: as they are, while they grow, and the cursor alone.

#include "ui/plots/curve_plot.h"
#include "ui/theme/theme.h"

#include <QApplication>
#include <QElapsedTimer>

#include <cmath>
#include <cstdio>
#include <ctime>
#include <functional>

using namespace diapason;

namespace {

constexpr int runs = 20;
constexpr int points = 10000;

MetricPoint point_of(RowId run, std::int64_t step) {
    const auto x = static_cast<double>(step);
    const double noise = 0.3 * std::sin(12.9898 * x + static_cast<double>(run)) * std::sin(78.233 * x);
    return {{"train", "", "loss"},
            step,
            0.01 * x,
            2.5 * std::exp(-x / 3000) + 0.5 + noise + 0.02 * static_cast<double>(run)};
}

// Of this thread: what the drawing costs, whatever else the machine does.
double cpu_ms() {
    timespec now{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return static_cast<double>(now.tv_sec) * 1e3 + static_cast<double>(now.tv_nsec) / 1e6;
}

void report(const char* what, int frames, const std::function<void(int)>& frame) {
    frame(0); // caches, fonts
    QElapsedTimer clock;
    clock.start();
    const double cpu = cpu_ms();
    for (int i = 1; i <= frames; ++i)
        frame(i);
    const double ms = static_cast<double>(clock.nsecsElapsed()) / 1e6 / frames;
    const double used = (cpu_ms() - cpu) / frames;
    std::printf("%-40s %7.2f ms %7.1f frames/s   of CPU %7.2f ms %7.1f frames/s\n", what, ms, 1000 / ms, used,
                1000 / used);
    std::fflush(stdout);
}

} // namespace

int main(int argc, char** argv) {
    if (qEnvironmentVariableIsEmpty("QT_QPA_PLATFORM")) qputenv("QT_QPA_PLATFORM", "offscreen");
    QApplication app(argc, argv);
    ui::applyTheme(ui::Appearance::light);
    ui::RunCurves curves;
    std::vector<ui::CurveStyle> styles;
    for (RowId run = 1; run <= runs; ++run) {
        MetricPoints all;
        for (std::int64_t step = 1; step <= points; ++step)
            all.points.push_back(point_of(run, step));
        curves.apply(run, all);
        ui::CurveStyle style;
        style.run = run;
        style.arm = (run - 1) / 5 + 1; // four arms of five seeds
        style.slot = static_cast<int>(style.arm) + 3;
        style.shortLabel = style.armLabel = QStringLiteral("arm %1").arg(style.arm);
        style.colour = ui::seriesColour(style.slot);
        styles.push_back(style);
    }
    ui::CurvePlot plot(curves);
    plot.resize(1200, 700);
    plot.setStyles(styles);
    plot.show();
    ui::CurveView view;
    view.metric = {"train", "", "loss"};
    view.logY = true;
    std::printf("%d curves × %d points, %d × %d pixels, platform %s\n", runs, points, plot.width(), plot.height(),
                qPrintable(QApplication::platformName()));
    std::int64_t next = points;
    const auto grow = [&](RowId last) {
        ++next;
        for (RowId run = 1; run <= last; ++run)
            curves.apply(run, MetricPoints{{point_of(run, next)}});
    };
    for (const bool smooth : {false, true}) {
        view.smoothing = smooth ? 0.9 : 0;
        plot.setView(view);
        std::printf("%s\n", smooth ? "smooth lines over raw ones" : "raw lines");
        report("  redraw", 100, [&](int) { plot.redraw(); });
        report("  one run grows by a point, redraw", 100, [&](int) {
            grow(1);
            plot.redraw();
        });
        report("  all runs grow by a point, redraw", 100, [&](int) {
            grow(runs);
            plot.redraw();
        });
        report("  cursor", 200, [&](int i) { plot.setCursor(20.0 * i); });
        plot.setCursor(std::nan(""));
        view.untilWall = 50;
        report("  replay, half of it played", 100, [&](int i) {
            view.untilWall = 40 + 0.1 * i;
            plot.setView(view);
            plot.redraw();
        });
        view.untilWall = std::numeric_limits<double>::infinity();
    }
    return 0;
}
