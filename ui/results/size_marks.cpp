#include "ui/results/size_marks.h"

#include "ui/theme/theme.h"

#include <map>

namespace diapason::ui {
namespace {

constexpr double apart = 11; // pixels between the middles of markers of one size

} // namespace

SizeMarks::SizeMarks(QCustomPlot* plot) : QCPAbstractItem(plot) {}

void SizeMarks::setMarks(std::vector<SizeMark> marks) {
    std::map<double, std::vector<SizeMark*>> sizes;
    for (SizeMark& mark : marks)
        sizes[mark.x].push_back(&mark);
    for (const auto& [x, same] : sizes) {
        double aside = -apart * static_cast<double>(same.size() - 1) / 2;
        for (SizeMark* mark : same) {
            mark->aside = aside;
            aside += apart;
        }
    }
    m_marks = std::move(marks);
}

QPointF SizeMarks::pixelOf(const SizeMark& mark) const {
    return {parentPlot()->xAxis->coordToPixel(mark.x) + mark.aside, parentPlot()->yAxis->coordToPixel(mark.y)};
}

void SizeMarks::draw(QCPPainter* painter) {
    for (const SizeMark& mark : m_marks) {
        const QPointF at = pixelOf(mark);
        if (mark.half > 0) {
            const QCPAxis* y = parentPlot()->yAxis;
            painter->setAntialiasing(false);
            painter->setPen(QPen(mark.colour, 1));
            painter->drawLine(QPointF(at.x(), y->coordToPixel(mark.y - mark.half)),
                              QPointF(at.x(), y->coordToPixel(mark.y + mark.half)));
        }
        painter->setAntialiasing(true);
        const QCPScatterStyle style = seriesMarker(mark.slot, mark.colour, 8);
        style.applyTo(painter, QPen(mark.colour));
        style.drawShape(painter, at);
    }
}

} // namespace diapason::ui
