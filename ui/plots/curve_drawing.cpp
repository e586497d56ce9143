// What CurvePlot draws: caches, lines, bands, labels, the range in view.

#include "core/base/format.h"
#include "ui/plots/axes.h"
#include "ui/plots/curve_plot.h"
#include "ui/theme/theme.h"

#include <algorithm>
#include <cmath>

namespace diapason::ui {
namespace {

constexpr std::size_t denseCurves = 10; // from here on two pixels share a column: most of what they hold is hidden

QVector<QCPGraphData> part(const std::vector<double>& x, const std::vector<double>& y, std::size_t from,
                           std::size_t to) {
    QVector<QCPGraphData> data;
    data.reserve(static_cast<qsizetype>(to - from));
    for (std::size_t i = from; i < to; ++i)
        data.append({x[i], y[i]});
    return data;
}

// Towards the background instead of translucent: blending dense lines costs several times their drawing.
QColor faded(const QColor& c, double share) {
    const QColor ground = colour(Role::base);
    const auto mix = [share](int a, int b) { return static_cast<int>(b + share * (a - b)); };
    return QColor(mix(c.red(), ground.red()), mix(c.green(), ground.green()), mix(c.blue(), ground.blue()));
}

// Equal shares are fainter to the eye on a dark ground.
double strengthBehindMean(bool many) {
    return (many ? 0.22 : 0.5) + (isDark() ? 0.12 : 0);
}

// Times of one run ascend.
std::size_t knownAt(const Thinned& curve, double wall) {
    return static_cast<std::size_t>(std::upper_bound(curve.wall.begin(), curve.wall.end(), wall) - curve.wall.begin());
}

} // namespace

CacheKey CurvePlot::cacheKey() const {
    CacheKey key{m_view.metric,
                 m_view.wallTime,
                 m_view.raw,
                 m_view.smoothing,
                 m_view.scale,
                 std::max(50, m_plot->axisRect()->width() / (m_styles.size() > denseCurves ? 2 : 1)),
                 0,
                 0};
    if (!m_follow) { // zoomed in: thinned over what is visible, so that nothing is lost
        key.from = m_plot->xAxis->range().lower;
        key.to = m_plot->xAxis->range().upper;
    }
    return key;
}

void CurvePlot::updateCaches() {
    const CacheKey key = cacheKey();
    const bool many = crowded();
    std::map<RowId, std::vector<const Curve*>> seeds;
    for (std::size_t i = 0; i < m_styles.size(); ++i) {
        const Curve* curve = m_styles[i].hidden ? nullptr : m_curves.find(m_styles[i].run, m_view.metric);
        if (curve == nullptr) {
            m_drawn[i].cache = {};
            continue;
        }
        m_drawn[i].cache.update(*curve, key);
        seeds[m_styles[i].arm].push_back(curve);
    }
    for (auto& [arm, drawn] : m_arms) {
        const auto found = seeds.find(arm);
        // Seeds share steps, not times. Many arms of losses are told apart by their means only.
        drawn.shown = found != seeds.end() && found->second.size() >= 3 && !m_view.wallTime && (m_view.bands || many);
        if (drawn.shown)
            drawn.cache.update(found->second, key, m_view.bands);
        else
            drawn.cache = {};
        drawn.shown = drawn.shown && !drawn.cache.mean.x.empty();
    }
}

void CurvePlot::drawRun(std::size_t index) {
    const CurveStyle& style = m_styles[index];
    const ArmDrawn& arm = m_arms.at(style.arm);
    Drawn& drawn = m_drawn[index];
    const Thinned& line = drawn.cache.line;
    const Thinned& raw = drawn.cache.raw;
    const bool raised = m_raised == style.arm;
    const bool veiled = m_raised != 0 && !raised;
    putOn(m_layers.of(CurveLayers::Raw, raised), drawn.rest);
    putOn(m_layers.of(CurveLayers::Raw, raised), drawn.raw);
    putOn(m_layers.of(CurveLayers::Run, raised), drawn.line);
    const std::size_t known = knownAt(line, m_view.untilWall);
    drawn.line->data()->set(part(line.x, line.y, 0, known), true);
    // From the last known point on, so that both parts meet.
    drawn.rest->data()->set(part(line.x, line.y, known > 0 ? known - 1 : 0, line.x.size()), true);
    drawn.rest->setPen(QPen(colour(veiled ? Role::border : Role::weakLine), 1));
    const bool showRaw = raised || (!crowded() && !veiled);
    drawn.raw->data()->set(showRaw ? part(raw.x, raw.y, 0, knownAt(raw, m_view.untilWall)) : QVector<QCPGraphData>(),
                           true);
    drawn.raw->setPen(QPen(faded(style.colour, 0.25), 1));
    const double strength = raised || !arm.shown ? 1 : veiled ? 0.8 : strengthBehindMean(crowded());
    drawn.line->setPen(QPen(faded(style.colour, strength), 1));
    // A curve of one or two points is hard to see as a line.
    drawn.line->setScatterStyle(known < 3 ? seriesMarker(style.slot, drawn.line->pen().color(), 6) : QCPScatterStyle());
}

void CurvePlot::drawArm(RowId arm, ArmDrawn& drawn) {
    const CurveStyle& style = m_styles[drawn.first];
    const Thinned& mean = drawn.cache.mean;
    const std::size_t known = drawn.shown ? knownAt(mean, m_view.untilWall) : 0;
    const bool raised = m_raised == arm;
    for (QCPGraph* edge : {drawn.low, drawn.high})
        putOn(m_layers.of(CurveLayers::Band, raised), edge);
    putOn(m_layers.of(CurveLayers::Mean, raised), drawn.mean);
    const bool band = known > 0 && !drawn.cache.low.empty() && (raised || (m_raised == 0 && !crowded()));
    drawn.mean->data()->set(part(mean.x, mean.y, 0, known), true);
    drawn.low->data()->set(part(mean.x, drawn.cache.low, 0, band ? known : 0), true);
    drawn.high->data()->set(part(mean.x, drawn.cache.high, 0, band ? known : 0), true);
    QColor fill = style.colour;
    fill.setAlphaF(0.15);
    drawn.high->setBrush(band ? QBrush(fill) : QBrush(Qt::NoBrush));
    drawn.high->setChannelFillGraph(band ? drawn.low : nullptr);
    drawn.mean->setPen(QPen(style.colour, raised ? 2.4 : 2));
    drawn.mean->setAntialiased(mean.x.size() < 200);
    drawn.mean->setScatterStyle(known == 1 ? seriesMarker(style.slot, style.colour, 6) : QCPScatterStyle());
}

// A gap alone is easily overlooked: each non-finite value has a cross at the lower edge.
void CurvePlot::drawBad() {
    QVector<QCPGraphData> crosses;
    for (const Drawn& drawn : m_drawn) {
        for (const double x : drawn.cache.bad)
            crosses.append({x, m_plot->yAxis->range().lower});
    }
    m_bad->data()->set(crosses);
    m_bad->setScatterStyle(QCPScatterStyle(QCPScatterStyle::ssCross, QPen(colour(Role::error), 1.5), Qt::NoBrush, 8));
}

// The end of each arm's line: of its mean, else of the run that is furthest, or between those that are equally far.
void CurvePlot::drawLabels() {
    struct End {
        double x = -std::numeric_limits<double>::infinity(), sum = 0, n = 0;
    };
    std::map<RowId, End> ends;
    for (std::size_t i = 0; i < m_styles.size(); ++i) {
        const auto line = m_drawn[i].line->data();
        for (auto at = line->constEnd(); at != line->constBegin();) {
            --at;
            if (!std::isfinite(at->value)) continue;
            End& end = ends[m_styles[i].arm];
            if (at->key > end.x) end = {at->key, 0, 0};
            if (at->key == end.x) end = {at->key, end.sum + at->value, end.n + 1};
            break;
        }
    }
    std::vector<CurveEnd> labels;
    for (const auto& [arm, end] : ends) {
        const ArmDrawn& drawn = m_arms.at(arm);
        const CurveStyle& style = m_styles[drawn.first];
        const auto mean = drawn.mean->data();
        double y = end.sum / end.n;
        if (drawn.shown && !mean->isEmpty() && std::isfinite((mean->constEnd() - 1)->value))
            y = (mean->constEnd() - 1)->value;
        labels.push_back({arm, QPointF(m_plot->xAxis->coordToPixel(end.x), m_plot->yAxis->coordToPixel(y)),
                          style.shortLabel, style.colour, style.slot, m_raised != 0 && m_raised != arm});
    }
    m_labels->setEnds(std::move(labels));
}

void CurvePlot::applyRange() {
    if (!m_follow) return;
    double left = std::numeric_limits<double>::infinity(), right = -left, low = left, high = -left;
    const auto take = [&](const Thinned& curve) {
        if (curve.x.empty()) return;
        left = std::min(left, curve.x.front());
        right = std::max(right, curve.x.back());
        low = std::min(low, m_view.logY ? curve.lowPositive : curve.low);
        high = std::max(high, curve.high);
    };
    for (const Drawn& drawn : m_drawn) {
        take(drawn.cache.line);
        if (!crowded()) take(drawn.cache.raw);
    }
    for (const auto& [arm, drawn] : m_arms) { // only where bands are drawn
        if (!drawn.shown || (crowded() && m_raised != arm)) continue;
        for (const double y : drawn.cache.low)
            low = m_view.logY && y <= 0 ? low : std::min(low, y);
        for (const double y : drawn.cache.high)
            high = std::max(high, y);
    }
    if (!(right >= left) || !(high >= low)) {
        m_plot->xAxis->setRange(0, m_view.wallTime ? 10 : std::max(10.0, static_cast<double>(m_view.firstStep)));
        m_plot->yAxis->setRange(m_view.logY ? 0.1 : 0, m_view.logY ? 10 : 1);
        return;
    }
    left = std::min(left, 0.0);
    m_plot->xAxis->setRange(left, right > left ? right : left + 1);
    if (m_view.logY) {
        m_plot->yAxis->setRange(low / 1.1, high * 1.1);
    } else {
        const double margin = high > low ? 0.05 * (high - low) : std::max(0.05 * std::abs(high), 0.5);
        m_plot->yAxis->setRange(low - margin, high + margin);
    }
}

QStringList CurvePlot::headingNotes() const {
    QStringList notes;
    if (m_view.bands)
        notes.append(crowded() && m_raised == 0 ? tr("mean over seeds; 95 % t-interval of the selected arm")
                                                : tr("n ≥ 3: mean and 95 % t-interval"));
    else if (crowded() && !m_view.wallTime)
        notes.append(tr("n ≥ 3: mean over seeds"));
    if (m_view.smoothing > 0) notes.append(tr("%1 EMA").arg(qs(format_number(m_view.smoothing, 2))));
    if (std::isfinite(m_view.untilWall)) notes.append(tr("grey: not yet played"));
    return notes;
}

void CurvePlot::updateTexts() {
    std::size_t shown = 0, inView = 0, bad = 0;
    bool any = false;
    for (std::size_t i = 0; i < m_drawn.size(); ++i) {
        const CachedCurve& cache = m_drawn[i].cache;
        inView += cache.line.of;
        shown += cache.line.x.size();
        bad += cache.badCount;
        any = any || m_curves.find(m_styles[i].run, m_view.metric) != nullptr;
    }
    const QStringList notes = headingNotes();
    QString title = QStringLiteral("<b>%1</b>").arg(m_heading.toHtmlEscaped());
    for (const QString& note : notes)
        title += QStringLiteral("&nbsp; ") + note.toHtmlEscaped();
    m_title->setText(title);
    m_title->setToolTip((QStringList(m_heading) + notes).join(QLatin1Char('\n')));
    QStringList facts;
    if (shown < inView) {
        const auto n = static_cast<int>(inView);
        facts.append((m_follow ? tr("showing %1 of %2 point(s), min/max kept", nullptr, n)
                               : tr("showing %1 of %2 point(s) in view, min/max kept", nullptr, n))
                         .arg(qs(format_count(static_cast<std::int64_t>(shown))),
                              qs(format_count(static_cast<std::int64_t>(inView)))));
    }
    if (bad > 0) facts.append(tr("%1 not finite").arg(qs(format_count(static_cast<std::int64_t>(bad)))));
    m_note->setText(facts.join(QStringLiteral("  ")));
    m_hint->setText(m_view.firstStep > 0 ? tr("first evaluation at step %1").arg(qs(format_count(m_view.firstStep)))
                                         : tr("no points yet"));
    m_hint->setVisible(!any);
}

void CurvePlot::redraw() {
    QStringList names;
    for (const CurveStyle& style : m_styles) {
        if (!style.hidden) names.append(style.shortLabel);
    }
    const int room =
        std::clamp(EndLabels::widthOf(names, plotFont(*m_plot)), 60, std::max(60, std::min(210, width() * 3 / 10)));
    m_plot->axisRect()->setMinimumMargins(QMargins(62, 8, room, 34));
    updateCaches();
    updateTexts(); // of what the caches hold now
    applyRange();
    for (std::size_t i = 0; i < m_styles.size(); ++i)
        drawRun(i);
    for (auto& [arm, drawn] : m_arms)
        drawArm(arm, drawn);
    drawBad();
    settleLayout(*m_plot); // labels are placed in pixels
    drawLabels();
    m_plot->replot();
    m_timer.setInterval(std::max(shortestInterval, static_cast<int>(3 * m_plot->replotTime(true))));
}

} // namespace diapason::ui
