#include "ui/plots/end_labels.h"

#include "ui/plots/axes.h"
#include "ui/theme/theme.h"

#include <algorithm>

namespace diapason::ui {
namespace {

constexpr double distance = 13.5; // pixels between labels
constexpr double leader = 12;     // from the axis rect to the marker
constexpr double gap = 9;         // from the marker to the text

} // namespace

EndLabels::EndLabels(QCustomPlot* plot) : QCPAbstractItem(plot) {
    setLayer(QStringLiteral("overlay"));
    setClipToAxisRect(false);
}

int EndLabels::widthOf(const QStringList& texts, const QFont& font) {
    const QFontMetrics metrics(font);
    int widest = 0;
    for (const QString& text : texts)
        widest = std::max(widest, metrics.horizontalAdvance(text));
    return widest + static_cast<int>(leader + gap) + 6;
}

void EndLabels::setEnds(std::vector<CurveEnd> ends) {
    std::sort(ends.begin(), ends.end(), [](const CurveEnd& a, const CurveEnd& b) { return a.at.y() < b.at.y(); });
    const QRect rect = parentPlot()->axisRect()->rect();
    // More arms than the height holds: the one that is raised must have its name.
    const auto room = static_cast<std::size_t>(std::max(1.0, (rect.height() + 14) / distance));
    for (std::size_t i = ends.size(); i-- > 0 && ends.size() > room;) {
        if (ends[i].faded) ends.erase(ends.begin() + static_cast<std::ptrdiff_t>(i));
    }
    m_ends = std::move(ends);
    m_places.clear();
    // Pushed apart downwards, then back up from the bottom.
    for (CurveEnd& end : m_ends) {
        end.at.setX(std::clamp(end.at.x(), double(rect.left()), double(rect.right())));
        end.at.setY(std::clamp(end.at.y(), double(rect.top()), double(rect.bottom())));
        m_places.push_back(m_places.empty() ? end.at.y() : std::max(end.at.y(), m_places.back() + distance));
    }
    double bottom = rect.bottom() + 6;
    for (std::size_t i = m_places.size(); i-- > 0;) {
        m_places[i] = std::min(m_places[i], bottom);
        bottom = m_places[i] - distance;
    }
}

RowId EndLabels::armAt(const QPointF& pixel) const {
    if (pixel.x() < parentPlot()->axisRect()->right() + leader - 6) return 0;
    for (std::size_t i = 0; i < m_ends.size(); ++i) {
        if (std::abs(m_places[i] - pixel.y()) < distance / 2) return m_ends[i].arm;
    }
    return 0;
}

void EndLabels::draw(QCPPainter* painter) {
    const QRect rect = parentPlot()->axisRect()->rect();
    const QFont font = plotFont(*parentPlot());
    const QFontMetrics metrics(font);
    const double room = parentPlot()->width() - rect.right() - leader - gap - 4;
    painter->setFont(font);
    for (std::size_t i = 0; i < m_ends.size(); ++i) {
        if (m_places[i] < rect.top() - 8) continue; // more arms than the height holds; the table names them all
        const CurveEnd& end = m_ends[i];
        const QPointF marker(rect.right() + leader, m_places[i]);
        painter->setAntialiasing(true);
        painter->setPen(QPen(colour(Role::strongLine), 1));
        painter->drawLine(end.at + QPointF(2, 0), marker - QPointF(5, 0));
        const QCPScatterStyle style = seriesMarker(end.slot, end.colour, 7);
        style.applyTo(painter, QPen(end.colour, 1.5));
        style.drawShape(painter, marker);
        painter->setPen(colour(end.faded ? Role::hint : Role::text));
        painter->drawText(QRectF(marker.x() + gap, marker.y() - distance / 2, room, distance),
                          Qt::AlignLeft | Qt::AlignVCenter,
                          metrics.elidedText(end.text, Qt::ElideRight, static_cast<int>(room)));
    }
}

} // namespace diapason::ui
